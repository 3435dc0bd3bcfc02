import { NEEDS, type Need } from '../../lib/contract/index.ts';
import { AppError, ERRORS } from '../../lib/errors.ts';
import type { Actor, Role } from './schema.ts';

/** What each role may do. Anonymous callers on loopback read and log; nothing they do runs code or changes production. */
const ALLOWED: Record<Role | 'loopback' | 'nobody', readonly Need[]> = {
  nobody: ['public'],
  loopback: ['public', 'view', 'track'],
  viewer: ['public', 'view'],
  editor: ['public', 'view', 'track', 'edit'],
  operator: ['public', 'view', 'track', 'edit', 'operate'],
  admin: NEEDS,
};

export function allows(actor: Actor, need: Need, project: string | undefined, loopback: boolean): boolean {
  const role = (project === undefined ? undefined : actor.projects[project]) ?? actor.role;
  const standing = role ?? (actor.kind === 'anonymous' && loopback ? 'loopback' : 'nobody');
  return ALLOWED[standing].includes(need);
}

/** The one refusal: 401 for callers without a name, 403 for the others. */
export function refuse(actor: Actor, need: Need): AppError {
  if (actor.kind === 'anonymous') {
    return new AppError(
      ERRORS.UNAUTHENTICATED,
      `This needs a token: it requires the right to '${need}', and the request carries none.`,
    );
  }
  const least = (['viewer', 'editor', 'operator', 'admin'] as const).find((role) =>
    ALLOWED[role].includes(need),
  );
  return new AppError(
    ERRORS.FORBIDDEN,
    `Needs the role ${least}; ${actor.name} is ${actor.role ?? 'without a role'}.`,
    {
      hint: 'Ask an admin of the project for the role.',
    },
  );
}
