import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error the lint plugin is plain JavaScript
import { fault, place, ROOMS } from '../tools/walls.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const domains = join(root, 'src/domains');
const DOORS = [
  'schema',
  'contract',
  'store',
  'service',
  'routes',
  'gateway',
  'command',
  'pages',
  'panels',
  'policy',
  'states',
  'errors',
  'jobs',
  'resolver',
];
/** Nouns: pure ideas and DuckDB statements with a name of their own; at most these shapes, never a catch-all. */
const VAGUE = /^(utils?|helpers?|common|misc|manager|index|types)$/;

const at = (path: string) => place(join('/x/src', path));
const refusal = (from: string, to: string): string | undefined => fault(at(from), at(to));

describe('the walls', () => {
  it.each([
    ['lib/ids.ts', 'database/index.ts'],
    ['events/events.ts', 'domains/lineage/schema.ts'],
    ['domains/datasets/service.ts', 'server/config.ts'],
    ['domains/datasets/service.ts', 'domains/registry/service.ts'],
    ['domains/registry/service.ts', 'domains/datasets/store.ts'],
    ['domains/datasets/schema.ts', 'domains/datasets/store.ts'],
    ['domains/datasets/contract.ts', 'database/index.ts'],
    ['domains/datasets/pages/list.tsx', 'domains/datasets/service.ts'],
    ['domains/datasets/pages/list.tsx', 'database/index.ts'],
    ['domains/datasets/service.ts', 'ui/status.tsx'],
    ['domains/serving/gateway.ts', 'database/index.ts'],
    ['domains/datasets/command.ts', 'domains/datasets/service.ts'],
    ['domains/datasets/routes.ts', 'domains/datasets/store.ts'],
    ['web/main.tsx', 'domains/datasets/service.ts'],
    ['sdk/index.ts', 'domains/datasets/store.ts'],
    ['ui/status.tsx', 'events/events.ts'],
  ])('stops %s from opening %s', (from, to) => {
    expect(refusal(from, to)).toBeTypeOf('string');
  });

  it.each([
    ['domains/registry/service.ts', 'domains/datasets/service.ts'],
    ['domains/datasets/store.ts', 'database/index.ts'],
    ['domains/datasets/pages/list.tsx', 'ui/status.tsx'],
    ['domains/serving/gateway.ts', 'runtimes/onnx/load.ts'],
    ['web/main.tsx', 'events/contract.ts'],
    ['server/domains.ts', 'domains/maturity/service.ts'],
  ])('lets %s open %s', (from, to) => {
    expect(refusal(from, to)).toBeUndefined();
  });

  it('keeps an example to the public package', () => {
    expect(fault(place('/x/examples/flights/train.ts'), at('sdk/index.ts'))).toBeTypeOf('string');
  });
});

describe('the shape of the rooms', () => {
  const rooms = readdirSync(domains).filter((name) => statSync(join(domains, name)).isDirectory());

  it('knows every room by name', () => {
    expect(rooms.filter((room) => !ROOMS.includes(room))).toEqual([]);
  });

  it.each(rooms)('%s has doors of the known names, and a test for each store, service and routes', (room) => {
    const names = readdirSync(join(domains, room));
    const doors = new Set(names.map((name) => name.replace(/\.(test\.)?tsx?$/, '')));
    for (const name of doors) expect(name, `${room}/${name}`).not.toMatch(VAGUE);
    for (const name of names) expect(name, `${room}/${name}`).toMatch(/^[a-z][a-z0-9-]*(\.test)?(\.tsx?)?$/);
    const close = (name: string) =>
      DOORS.some((door) => door !== name && (name === `${door}s` || `${name}s` === door));
    expect(
      [...doors].filter((name) => !DOORS.includes(name) && close(name)),
      'misspelt doors',
    ).toEqual([]);
    const tests =
      names.filter((name) => name.endsWith('.test.ts')).length +
      names
        .flatMap((name) =>
          statSync(join(domains, room, name)).isDirectory() ? readdirSync(join(domains, room, name)) : [],
        )
        .filter((name) => name.endsWith('.test.ts')).length;
    if (names.some((name) => /^(store|service|routes)(\.ts)?$/.test(name)))
      expect(tests, `${room} has no test`).toBeGreaterThan(0);
  });
});

describe('ARCHITECTURE.md', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

  it('names only places that exist, and every place under src', () => {
    const named = [
      ...text.matchAll(/`((?:src|bin|bench|docs|examples|scripts|test|tools|clients)\/[\w./-]*)`/g),
    ].map((match) => match[1] as string);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const grounds = readdirSync(join(root, 'src'));
    const rooms = readdirSync(domains);
    for (const name of [...grounds, ...rooms]) expect(text, name).toContain(`${name}/`);
  });
});
