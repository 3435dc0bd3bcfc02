/** OWASP's figures for Argon2id: 19 MiB, two passes, one lane. */
const STRENGTH = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

const argon = () => import('@node-rs/argon2');

/** Argon2id in PHC form, with a salt of its own. The library is loaded by the first password. */
export async function hashPassword(password: string): Promise<string> {
  return (await argon()).hash(password.normalize('NFC'), STRENGTH);
}

let dummy: Promise<string> | undefined;

/** Takes as long for a name without a hash as for one with it, so that nobody learns names from the clock. */
export async function checkPassword(hash: string | undefined, password: string): Promise<boolean> {
  dummy ??= hashPassword('nobody has this password');
  const against = hash ?? (await dummy);
  const right = await (await argon()).verify(against, password.normalize('NFC'));
  return right && hash !== undefined;
}
