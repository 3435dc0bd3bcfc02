import type { Database, Tx } from '../../../database/index.ts';
import type { Events } from '../../../events/index.ts';
import { AppError } from '../../../lib/errors.ts';
import { urn } from '../../../lib/urn.ts';
import { IDENTITY_ERRORS } from '../errors.ts';
import type { Actor, User } from '../schema.ts';
import type { SignInLimit } from '../sign-in-limit.ts';
import { findUser } from '../store/users.ts';

export interface IdentityGround {
  database: Database;
  events: Events;
  limit: SignInLimit;
  /** Rooms to the right know the projects. */
  projectExists(name: string): Promise<boolean>;
}

/** What happened to whom, in the transaction of the change. `data` never holds a secret. */
export async function record(
  ground: IdentityGround,
  tx: Tx,
  actor: Pick<Actor, 'name'>,
  fact: { type: string; user: string; project?: string; data?: Record<string, unknown> },
): Promise<void> {
  await ground.events.append(tx, {
    type: fact.type,
    source: 'identity',
    subject: urn('user', fact.user),
    project: fact.project ?? null,
    data: { ...fact.data, by: actor.name },
  });
}

export async function mustFindUser(reader: Parameters<typeof findUser>[0], name: string): Promise<User> {
  const user = await findUser(reader, name);
  if (user) return user;
  throw new AppError(IDENTITY_ERRORS.USER_UNKNOWN, `There is no user '${name}'.`);
}

export async function assertProject(ground: IdentityGround, project: string): Promise<void> {
  if (await ground.projectExists(project)) return;
  throw new AppError(IDENTITY_ERRORS.MEMBER_PROJECT_UNKNOWN, `There is no project '${project}'.`);
}

/** Whether the actor is this user, by whatever credential. */
export const isSelf = (actor: Actor, user: string): boolean =>
  (actor.kind === 'user' || actor.kind === 'service') && actor.name === user;

/** A token that leaked must not make others or lock its user out: that takes the password. */
export function assertSession(actor: Actor, what: string): { id: string } {
  if (actor.kind === 'user' && actor.credential?.kind === 'session') return actor.credential;
  throw new AppError(
    IDENTITY_ERRORS.SESSION_NEEDED,
    `${what}: ${actor.name} did not sign in with a password.`,
  );
}
