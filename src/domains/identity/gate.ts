import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Need, Place } from '../../lib/contract/index.ts';
import { AppError, ERRORS } from '../../lib/errors.ts';
import { allows, refuse } from './policy.ts';
import { type Actor, ANONYMOUS, GUEST } from './schema.ts';
import { hashOf, secretIn } from './secret.ts';

/** The token of this server: read from `<data>/token`, or made there with mode 0600. */
export function startToken(dataFolder: string, given?: string): string {
  if (given) return given;
  const file = join(dataFolder, 'token');
  if (existsSync(file)) {
    chmodSync(file, 0o600);
    return readFileSync(file, 'utf8').trim();
  }
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const token = randomBytes(24).toString('base64url');
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

type Issuer = (secret: string) => Promise<Actor | undefined>;

/** The one gate: who asks, and whether they may. */
export interface Gate {
  /** Given to the browser in the start URL and to CLI and SDK by the token file. Its holder is an admin. */
  startToken: string;
  /** The actor behind an Authorization header (Bearer, or Basic with the token as password). Throws 401 for a wrong one. */
  authenticate(authorization: string | undefined): Promise<Actor>;
  /** Throws 401 or 403. */
  authorize(actor: Actor, need: Need, place: Place): void;
  /** Accepts further credentials, for example the fencing token of a running step. */
  addIssuer(issuer: Issuer): void;
}

/** `open`: callers without credentials read and log, as on loopback. */
export function createGate(options: { token: string; open: boolean }): Gate {
  const known = Buffer.from(hashOf(options.token));
  const issuers: Issuer[] = [];
  const admin: Actor = { kind: 'token', name: 'start token', role: 'admin', projects: {} };
  const nobody = options.open ? GUEST : ANONYMOUS;
  return {
    startToken: options.token,
    async authenticate(authorization) {
      if (authorization === undefined) return nobody;
      const secret = secretIn(authorization);
      if (secret !== undefined) {
        if (timingSafeEqual(Buffer.from(hashOf(secret)), known)) return admin;
        for (const issuer of issuers) {
          const actor = await issuer(secret);
          if (actor) return actor;
        }
      }
      throw new AppError(ERRORS.UNAUTHENTICATED, 'The token is not valid here.', {
        hint: 'It may belong to another server, have expired or have been revoked. Sign in again, or ask `rondo token` for the one of the data directory in use.',
      });
    },
    authorize(actor, need, place) {
      if (!allows(actor, need, place)) throw refuse(actor, need, place);
    },
    addIssuer: (issuer) => void issuers.push(issuer),
  };
}
