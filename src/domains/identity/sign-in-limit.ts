import { type Database, databaseTime, type Tx } from '../../database/index.ts';
import { AppError } from '../../lib/errors.ts';
import { IDENTITY_ERRORS } from './errors.ts';
import { forgetTries, lockTries, setTries } from './store/sign-in-tries.ts';

interface Allowance {
  /** Wrong tries in a row. */
  burst: number;
  /** One more after this time. */
  every_ms: number;
}

const PER_NAME: Allowance = { burst: 10, every_ms: 30_000 };
const PER_ADDRESS: Allowance = { burst: 40, every_ms: 5_000 };
/** After that long every allowance is whole again. */
const WHOLE_MS = Math.max(...[PER_NAME, PER_ADDRESS].map(({ burst, every_ms }) => burst * every_ms));

/**
 * Slows down guessing of passwords: so many wrong tries per name and per address, then one each so often, over all replicas. A try is
 * paid for before the password is looked at, also under many at once, and is given back when it was right.
 */
export class SignInLimit {
  readonly #database: Database;
  readonly #now: ((tx: Tx) => Promise<number>) | undefined;

  /** `now`: epoch ms; the clock of the database when it is left out. */
  constructor(database: Database, now?: () => number) {
    this.#database = database;
    this.#now = now && (async () => now());
  }

  /** Throws 429 when the name or the address has used up its tries. Returns how to take the try back. */
  async take(name: string, address: string): Promise<() => Promise<void>> {
    const keys = [
      [`name ${name}`, PER_NAME],
      [`address ${address}`, PER_ADDRESS],
    ] as const;
    await this.#change(keys, (rows) => {
      const wait = Math.max(...rows.map(({ free, every_ms }) => (free >= 1 ? 0 : (1 - free) * every_ms)));
      if (wait > 0) {
        const seconds = Math.ceil(wait / 1000);
        throw new AppError(
          IDENTITY_ERRORS.SIGN_IN_LIMITED,
          `Too many wrong passwords: nobody was signed in. Try again in ${seconds} s.`,
          { details: { retry_after_s: seconds } },
        );
      }
      return -1;
    });
    return () => this.#change(keys, () => 1);
  }

  /** Adds so many tries to each key. */
  async #change(
    keys: readonly (readonly [string, Allowance])[],
    decide: (rows: readonly { free: number; every_ms: number }[]) => number,
  ): Promise<void> {
    await this.#database.write(async (tx) => {
      const now = await (this.#now?.(tx) ?? databaseTime(tx, this.#database.capabilities));
      await forgetTries(tx, now - WHOLE_MS);
      const rows = [];
      for (const [key, { burst, every_ms }] of keys) {
        const row = await lockTries(tx, key, burst, now);
        const free = Math.min(burst, row.free + Math.max(0, now - row.at) / every_ms);
        rows.push({ key, free, burst, every_ms });
      }
      const more = decide(rows);
      for (const { key, free, burst } of rows)
        await setTries(tx, { key, free: Math.min(burst, free + more), at: now });
    });
  }
}
