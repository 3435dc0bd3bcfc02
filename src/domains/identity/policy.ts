import { NEEDS, type Need, type Place, type Sight } from '../../lib/contract/index.ts';
import { AppError, ERRORS } from '../../lib/errors.ts';
import { type Actor, type ProjectRole, type Role, ROLES } from './schema.ts';

/** What each role may do. Guests on loopback read and log; nothing they do runs code or changes production. */
const ALLOWED: Record<Role | 'named' | 'guest' | 'nobody', readonly Need[]> = {
  nobody: ['public'],
  guest: ['public', 'view', 'track'],
  named: ['public', 'self'],
  viewer: ['public', 'self', 'view'],
  editor: ['public', 'self', 'view', 'track', 'edit'],
  operator: ['public', 'self', 'view', 'track', 'edit', 'operate'],
  admin: NEEDS,
};

/** The role that counts there: the one in the project, else the one that holds everywhere. An admin is one everywhere. */
export function roleIn(actor: Actor, place: Place): ProjectRole | null {
  if (actor.role === 'admin' || typeof place === 'string') return actor.role;
  return (Object.hasOwn(actor.projects, place.project) ? actor.projects[place.project] : null) ?? actor.role;
}

/** Whether the actor may do that there. In `some` project: wherever at least one of its roles allows it. */
export function allows(actor: Actor, need: Need, place: Place): boolean {
  if (actor.kind === 'anonymous') return ALLOWED[actor.guest ? 'guest' : 'nobody'].includes(need);
  const roles = place === 'some' ? [actor.role, ...Object.values(actor.projects)] : [roleIn(actor, place)];
  return roles.some((role) => ALLOWED[role === null || role === 'none' ? 'named' : role].includes(need));
}

export const mayIn = (actor: Actor, need: Need, project: string): boolean => allows(actor, need, { project });

/** Where the actor may do that. */
export function sightOf(actor: Actor, need: Need): Sight {
  const everywhere = allows(actor, need, 'server');
  const named = Object.keys(actor.projects).filter((project) => mayIn(actor, need, project) !== everywhere);
  return { everywhere, named };
}

/** The one refusal: 401 for callers without a name, 403 for the others. */
export function refuse(actor: Actor, need: Need, place: Place): AppError {
  if (actor.kind === 'anonymous') {
    // Nobody learns from the words which addresses exist; a guest may know.
    const why = actor.guest ? `: it requires the right to '${need}', and the request` : ', and the request';
    return new AppError(ERRORS.UNAUTHENTICATED, `This needs a token${why} carries none.`);
  }
  const least = ROLES.find((role) => ALLOWED[role].includes(need));
  const held = roleIn(actor, place);
  return new AppError(
    ERRORS.FORBIDDEN,
    `Needs the role ${least}; ${actor.name} is ${held === null || held === 'none' ? 'without a role here' : held}.`,
    { hint: 'Ask an admin of the project for the role.' },
  );
}

/** The weaker of the two; null on the left is no limit, on the right no role. */
function narrowed(limit: Role | null, role: ProjectRole | null): ProjectRole | null {
  if (limit === null || role === null || role === 'none') return role;
  return ROLES[Math.min(ROLES.indexOf(limit), ROLES.indexOf(role))] ?? role;
}

/** The actor with no more than a token of its own lets through. */
export function narrow(actor: Actor, token: { role: Role | null; project: string | null }): Actor {
  const { project } = token;
  if (project !== null) {
    const role = narrowed(token.role, roleIn(actor, { project }));
    return { ...actor, role: null, projects: role === null ? {} : { [project]: role } };
  }
  if (token.role === null) return actor;
  // An admin is one everywhere, so what single projects say never counted.
  if (actor.role === 'admin') return { ...actor, role: token.role, projects: {} };
  const projects = Object.entries(actor.projects).map(([name, role]) => [name, narrowed(token.role, role)]);
  return {
    ...actor,
    role: narrowed(token.role, actor.role) as Role | null,
    projects: Object.fromEntries(projects) as Record<string, ProjectRole>,
  };
}
