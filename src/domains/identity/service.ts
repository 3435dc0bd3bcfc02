import type { Database } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { NEEDS, type Place } from '../../lib/contract/index.ts';
import type { Gate } from './gate.ts';
import { allows, roleIn } from './policy.ts';
import type { Actor, WhoAmI } from './schema.ts';
import { hashOf } from './secret.ts';
import { callers, type Grant } from './service/callers.ts';
import { tokenVerbs } from './service/tokens.ts';
import { userVerbs } from './service/users.ts';
import { SignInLimit } from './sign-in-limit.ts';
import { findToken } from './store/tokens.ts';

export interface IdentityParts {
  database: Database;
  events: Events;
  gate: Gate;
  projectExists(name: string): Promise<boolean>;
  limit?: SignInLimit;
}

/** Users, their roles, their sessions and tokens; it teaches the gate to know them. */
export function createIdentity(parts: IdentityParts) {
  const { database, gate } = parts;
  const ground = { ...parts, limit: parts.limit ?? new SignInLimit(database) };
  const { actorOf, grants } = callers(database);
  const users = userVerbs(ground);
  gate.addIssuer(actorOf);
  return {
    ...users,
    ...tokenVerbs(ground),

    /** Who asks, and what they may in a project, or over the server when none is named. */
    async whoAmI(actor: Actor, project: string | undefined): Promise<WhoAmI> {
      const place: Place = project === undefined ? 'server' : { project };
      const token = actor.credential && (await findToken(database.read, actor.credential.id));
      const user = actor.credential && (await users.findUser(actor.name));
      return {
        name: actor.name,
        display_name: user?.display_name ?? actor.name,
        kind: actor.kind,
        role: roleIn(actor, place),
        expires_at: token?.expires_at ?? null,
        session: actor.credential?.kind === 'session',
        may: NEEDS.filter((need) => allows(actor, need, place)),
      };
    },

    /** What gateways accept: the token of this server, and those of users and service accounts. */
    async grants(): Promise<Grant[]> {
      const start = hashOf(gate.startToken);
      return [{ hash: start, expires_at: null, right: 'feedback', projects: {} }, ...(await grants())];
    },
  };
}

export type IdentityService = ReturnType<typeof createIdentity>;
