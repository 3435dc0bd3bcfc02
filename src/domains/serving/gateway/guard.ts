import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError, ERRORS } from '../../../lib/errors.ts';
import type { TokenGrant } from '../schema/route.ts';

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/** The tokens that are accepted, and whether callers on loopback need one too. */
export interface Admission {
  grants: readonly TokenGrant[];
  closed: boolean;
}

/** What a caller may do in a project. */
export type Rights = (project: string) => TokenGrant['right'];

const EVERYTHING: Rights = () => 'feedback';
const NOTHING: Rights = () => 'none';

/**
 * Who may come in. On loopback everyone, but only under a loopback name (so that a web page cannot rebind DNS);
 * elsewhere a token whose hash is in the routes. A browser on another origin is refused either way.
 */
export class Guard {
  private readonly loopback: boolean;
  private readonly admission: () => Admission;
  private known = new Map<string, TokenGrant | undefined>();
  private byHash = new Map<string, TokenGrant>();
  private lastHost = '';

  constructor(loopback: boolean, admission: () => Admission) {
    this.loopback = loopback;
    this.admission = admission;
  }

  /** Forgets what it decided; call it when the grants change. */
  reset(): void {
    this.known = new Map();
    this.byHash = new Map(this.admission().grants.map((grant) => [grant.hash, grant]));
  }

  /** What the caller may do where. Throws 401 or 403. `open`: addresses that ask for no token (health). */
  check(request: IncomingMessage, open: boolean): Rights {
    const { host, origin } = request.headers;
    if (this.loopback && host !== this.lastHost) {
      if (host === undefined || !LOOPBACK.test(host))
        throw new AppError(ERRORS.FORBIDDEN, 'This gateway answers under a loopback name only.');
      this.lastHost = host;
    }
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      throw new AppError(ERRORS.FORBIDDEN, 'Requests from pages of another origin are refused.');
    }
    if (this.loopback && !this.admission().closed) return EVERYTHING;
    if (open) return NOTHING;
    const { authorization } = request.headers;
    const grant = authorization === undefined ? undefined : this.find(authorization);
    if (!grant || (grant.expires_at !== null && grant.expires_at <= Date.now())) {
      throw new AppError(ERRORS.UNAUTHENTICATED, 'This gateway needs a token.', {
        hint: 'Send Authorization: Bearer <token>.',
      });
    }
    return (project) =>
      (Object.hasOwn(grant.projects, project) ? grant.projects[project] : undefined) ?? grant.right;
  }

  private find(authorization: string): TokenGrant | undefined {
    if (this.known.has(authorization)) return this.known.get(authorization);
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const found =
      token === undefined ? undefined : this.byHash.get(createHash('sha256').update(token).digest('hex'));
    if (this.known.size > 10_000) this.known.clear();
    this.known.set(authorization, found);
    return found;
  }
}
