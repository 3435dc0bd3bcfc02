// The walls of the house (ARCHITECTURE.md) as one lint rule: every relative import is resolved and asked of the tables below.
import path from 'node:path';

export const ROOMS = [
  'identity',
  'lineage',
  'projects',
  'approvals',
  'datasets',
  'features',
  'tracking',
  'registry',
  'pipelines',
  'serving',
  'monitoring',
  'rollouts',
  'releases',
  'automation',
  'maturity',
];
const GROUND = ['lib', 'database', 'artifacts', 'analytics', 'events', 'jobs', 'launchers', 'runtimes', 'ui'];
/** Doors whose test a room cannot leave out, and what each door may open in its own room and to the left. */
export const DOORS = {
  schema: { own: [], left: ['schema'], ground: ['lib'] },
  errors: { own: ['schema'], left: [], ground: ['lib'] },
  states: { own: ['schema', 'errors'], left: ['schema'], ground: ['lib'] },
  policy: { own: ['schema', 'errors'], left: ['schema', 'policy'], ground: ['lib'] },
  contract: { own: ['schema', 'errors'], left: ['schema'], ground: ['lib'] },
  store: { own: ['schema', 'errors', 'states'], left: ['schema'], ground: ['lib', 'database'] },
  gateway: {
    own: ['schema', 'errors'],
    left: ['schema', 'gateway'],
    ground: ['lib', 'artifacts', 'runtimes'],
  },
  command: { own: ['contract', 'schema', 'states', 'errors'], left: ['contract', 'schema'], ground: ['lib'] },
  pages: { own: ['contract', 'schema', 'panels'], left: ['schema', 'contract'], ground: ['lib', 'ui'] },
  panels: { own: ['contract', 'schema', 'pages'], left: ['schema', 'contract'], ground: ['lib', 'ui'] },
  routes: {
    own: ['contract', 'service', 'schema', 'errors', 'wire'],
    left: ['schema'],
    ground: ['lib', 'events'],
  },
};
const BROWSER = ['pages', 'panels'];
const SERVER_ONLY = ['store', 'service', 'routes', 'jobs', 'gateway'];

export function place(file) {
  const parts = file.split('/src/').at(-1)?.split('/');
  if (!file.includes('/src/') || !parts)
    return file.includes('/examples/') ? { ground: 'examples' } : undefined;
  if (parts[0] !== 'domains') return { ground: parts[0], file: parts[1]?.replace(/\.tsx?$/, '') };
  return { ground: 'domains', room: parts[1], door: parts[2]?.replace(/\.(test\.)?tsx?$/, '') };
}

/** Why `from` may not import `to`, or undefined when it may. */
export function fault(from, to) {
  if (!from || !to) return undefined;
  if (from.ground === 'examples')
    return to.ground === 'examples' ? undefined : 'an example uses the public package "rondo" only';
  if (GROUND.includes(from.ground)) {
    if (!GROUND.includes(to.ground)) return `the ground (${from.ground}) may not reach up to ${to.ground}`;
    if (from.ground === 'lib' && to.ground !== 'lib') return `lib knows only itself, not ${to.ground}`;
    if (from.ground === 'ui' && !['ui', 'lib'].includes(to.ground))
      return `ui has no data access, so not ${to.ground}`;
    return undefined;
  }
  if (from.ground === 'web' || from.ground === 'sdk') {
    if (to.ground === 'domains' && SERVER_ONLY.includes(to.door))
      return `${from.ground} goes through the contract, never ${to.room}/${to.door}`;
    if (
      ['database', 'artifacts', 'analytics', 'events', 'jobs', 'runtimes', 'server'].includes(to.ground) &&
      to.file !== 'contract'
    )
      return `${from.ground} may not reach ${to.ground}`;
  }
  if (from.ground !== 'domains') return undefined;
  if (!GROUND.includes(to.ground) && to.ground !== 'domains')
    return `${from.room} may not reach the roof ${to.ground}`;
  const rule = DOORS[from.door];
  if (to.ground === 'domains') {
    if (to.room !== from.room && ROOMS.indexOf(to.room) > ROOMS.indexOf(from.room))
      return `${from.room} may not reach right to ${to.room}`;
    if (BROWSER.includes(from.door) && SERVER_ONLY.includes(to.door))
      return `browser code may not reach ${to.room}/${to.door}`;
    if (to.room !== from.room && ['store', 'routes'].includes(to.door))
      return `only ${to.room} itself opens its ${to.door}`;
    if (!rule || to.door === from.door) return undefined;
    const allowed = to.room === from.room ? rule.own : rule.left;
    return allowed.includes(to.door) ? undefined : `${from.door} may not open ${to.room}/${to.door}`;
  }
  if (to.ground === 'ui' && !BROWSER.includes(from.door)) return `${from.door} is no screen: not ui`;
  if (rule && !rule.ground.includes(to.ground)) return `${from.door} may not use ${to.ground}`;
  return undefined;
}

const walls = {
  create(context) {
    const here = context.filename ?? context.getFilename();
    const from = place(here);
    const isTest = /\.test\.tsx?$/.test(here);
    const check = (node) => {
      const source = node.source?.value;
      if (isTest || typeof source !== 'string' || !source.startsWith('.')) return;
      const message = fault(from, place(path.resolve(path.dirname(here), source)));
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

export default { meta: { name: 'house' }, rules: { walls } };
