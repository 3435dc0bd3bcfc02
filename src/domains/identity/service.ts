import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Need, NEEDS } from '../../lib/contract/index.ts';
import { AppError, ERRORS } from '../../lib/errors.ts';
import { allows, refuse } from './policy.ts';
import { type Actor, ANONYMOUS } from './schema.ts';

const hash = (token: string) => createHash('sha256').update(token).digest();

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

export interface IdentityService {
  /** Given to the browser in the start URL and to CLI and SDK by the token file. */
  startToken: string;
  /** The actor behind an Authorization header (Bearer, or Basic with the token as password). Throws 401 for a wrong one. */
  authenticate(authorization: string | undefined): Promise<Actor>;
  authorize(actor: Actor, need: Need, project: string | undefined): void;
  may(actor: Actor): Need[];
  /** Accepts further credentials, for example the fencing token of a running step. */
  addIssuer(issuer: (token: string) => Promise<Actor | undefined>): void;
  tokenHashes(): { hash: string; name: string }[];
}

export function createIdentity(options: { token: string; loopback: boolean }): IdentityService {
  const known = hash(options.token);
  const issuers: ((token: string) => Promise<Actor | undefined>)[] = [];
  const admin: Actor = { kind: 'token', name: 'start token', role: 'admin', projects: {} };
  return {
    startToken: options.token,
    async authenticate(authorization) {
      if (authorization === undefined) return ANONYMOUS;
      const token = tokenOf(authorization);
      if (token !== undefined) {
        if (timingSafeEqual(hash(token), known)) return admin;
        for (const issuer of issuers) {
          const actor = await issuer(token);
          if (actor) return actor;
        }
      }
      throw new AppError(ERRORS.UNAUTHENTICATED, 'The token is not valid here.', {
        hint: 'It may belong to another server or have expired. `rondo token` prints the one of the data directory in use.',
      });
    },
    authorize(actor, need, project) {
      if (!allows(actor, need, project, options.loopback)) throw refuse(actor, need);
    },
    may: (actor) => NEEDS.filter((need) => allows(actor, need, undefined, options.loopback)),
    addIssuer: (issuer) => issuers.push(issuer),
    tokenHashes: () => [{ hash: known.toString('hex'), name: admin.name }],
  };
}

function tokenOf(authorization: string): string | undefined {
  const [scheme, value] = authorization.split(' ');
  if (!value) return undefined;
  if (/^bearer$/i.test(scheme ?? '')) return value;
  if (/^basic$/i.test(scheme ?? ''))
    return Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':');
  return undefined;
}
