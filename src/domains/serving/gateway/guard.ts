import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError, ERRORS } from '../../../lib/errors.ts';

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Who may come in. On loopback everyone, but only under a loopback name (so that a web page cannot rebind DNS);
 * elsewhere a token whose hash is in the routes. A browser on another origin is refused either way.
 */
export class Guard {
  private readonly loopback: boolean;
  private readonly hashes: () => readonly string[];
  private readonly known = new Map<string, boolean>();
  private lastHost = '';

  constructor(loopback: boolean, hashes: () => readonly string[]) {
    this.loopback = loopback;
    this.hashes = hashes;
  }

  /** Forgets what it decided; call it when the hashes change. */
  reset(): void {
    this.known.clear();
  }

  /** Throws 401 or 403. `open`: addresses that ask for no token (health). */
  check(request: IncomingMessage, open: boolean): void {
    const { host, origin } = request.headers;
    if (this.loopback && host !== this.lastHost) {
      if (host === undefined || !LOOPBACK.test(host))
        throw new AppError(ERRORS.FORBIDDEN, 'This gateway answers under a loopback name only.');
      this.lastHost = host;
    }
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      throw new AppError(ERRORS.FORBIDDEN, 'Requests from pages of another origin are refused.');
    }
    if (this.loopback || open) return;
    const { authorization } = request.headers;
    if (authorization === undefined || !this.accepts(authorization)) {
      throw new AppError(ERRORS.UNAUTHENTICATED, 'This gateway needs a token.', {
        hint: 'Send Authorization: Bearer <token>.',
      });
    }
  }

  private accepts(authorization: string): boolean {
    const cached = this.known.get(authorization);
    if (cached !== undefined) return cached;
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const accepted =
      token !== undefined && this.hashes().includes(createHash('sha256').update(token).digest('hex'));
    if (this.known.size > 10_000) this.known.clear();
    this.known.set(authorization, accepted);
    return accepted;
  }
}
