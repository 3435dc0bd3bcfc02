import type { Database } from '../../../database/index.ts';
import { allows, narrow } from '../policy.ts';
import type { Actor, ProjectRole } from '../schema.ts';
import { hashOf } from '../secret.ts';
import { findLiveToken, listLiveTokens, type LiveToken, touchToken } from '../store/tokens.ts';
import { rolesOf } from '../store/users.ts';

/** What a token may do at the gateway: nothing, ask for predictions, or also send their truth. */
export type GatewayRight = 'none' | 'score' | 'feedback';

export interface Grant {
  hash: string;
  expires_at: number | null;
  /** In projects that are not named. */
  right: GatewayRight;
  projects: Record<string, GatewayRight>;
}

const SEEN_EVERY_MS = 60_000;

/** Turns stored tokens into actors, afresh for each request: what was revoked or changed counts at once. */
export function callers(database: Database) {
  const touched = new Map<string, number>();

  function touch(token: LiveToken, now: number): void {
    const last = Math.max(token.last_used_at ?? 0, touched.get(token.id) ?? 0);
    if (now - last < SEEN_EVERY_MS) return;
    if (touched.size > 10_000) touched.clear();
    touched.set(token.id, now);
    // When somebody was last seen is worth no failed request.
    database.write((tx) => touchToken(tx, token.id, token.user, now)).catch(() => touched.delete(token.id));
  }

  return {
    async actorOf(secret: string): Promise<Actor | undefined> {
      if (!secret.startsWith('rondo_')) return undefined;
      const now = Date.now();
      const token = await findLiveToken(database.read, hashOf(secret), now);
      if (!token) return undefined;
      touch(token, now);
      const roles = await rolesOf(database.read, [token.user]);
      return toActor(token, roles.get(token.user) ?? {});
    },

    /** Every token that is good for something at the gateway. */
    async grants(): Promise<Grant[]> {
      const tokens = await listLiveTokens(database.read, Date.now());
      const roles = await rolesOf(database.read, [...new Set(tokens.map((token) => token.user))]);
      return tokens
        .map((token) => grantOf(token, toActor(token, roles.get(token.user) ?? {})))
        .filter((grant) => [grant.right, ...Object.values(grant.projects)].some((right) => right !== 'none'));
    },
  };
}

function toActor(token: LiveToken, projects: Record<string, ProjectRole>): Actor {
  const actor: Actor = {
    kind: token.user_kind === 'service' ? 'service' : 'user',
    name: token.user,
    role: token.user_role,
    projects,
    credential: { id: token.id, kind: token.kind },
  };
  return narrow(actor, token);
}

function grantOf(token: LiveToken, actor: Actor): Grant {
  const rightIn = (place: Parameters<typeof allows>[2]): GatewayRight => {
    if (!allows(actor, 'view', place)) return 'none';
    return allows(actor, 'track', place) ? 'feedback' : 'score';
  };
  return {
    hash: token.hash,
    expires_at: token.expires_at,
    right: rightIn('server'),
    projects: Object.fromEntries(
      Object.keys(actor.projects).map((project) => [project, rightIn({ project })]),
    ),
  };
}
