import { type ProjectRole, ROLES } from '../schema.ts';

/** What a role adds to the one before it, in the words of the screen. */
const RIGHTS: Record<(typeof ROLES)[number], string> = {
  viewer: 'read everything and ask endpoints for predictions',
  editor: 'log runs, send feedback, import data, register models',
  operator: 'run pipelines, deploy, promote, approve',
  admin: 'set roles of others',
};

const rank = (role: ProjectRole | null): number =>
  role === null || role === 'none' ? -1 : ROLES.indexOf(role);

/** What changing a role gives and takes: "Wins: run pipelines, deploy, promote, approve." */
export function roleChange(before: ProjectRole | null, after: ProjectRole | null): string {
  const [low, high] = [rank(before), rank(after)].toSorted((a, b) => a - b) as [number, number];
  const between = ROLES.slice(low + 1, high + 1).map((role) => RIGHTS[role]);
  if (between.length === 0) return 'Nothing changes.';
  return `${rank(after) > rank(before) ? 'Wins' : 'Loses'}: ${between.join('; ')}.`;
}
