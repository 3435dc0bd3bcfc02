import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits under a prefix by which scanners of leaked secrets know them. */
export const newSecret = (kind: 'session' | 'api'): string =>
  `rondo_${kind === 'api' ? 't' : 's'}_${randomBytes(32).toString('base64url')}`;

/** What is stored of a secret. It is random and long, so a fast hash is enough; passwords are hashed elsewhere. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** The secret in an Authorization header: Bearer, or Basic with it as the password and any name. */
export function secretIn(authorization: string): string | undefined {
  const [scheme, value] = authorization.split(' ');
  if (!value) return undefined;
  if (/^bearer$/i.test(scheme ?? '')) return value;
  if (/^basic$/i.test(scheme ?? ''))
    return Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':');
  return undefined;
}
