import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import { type Difference, differences, type Same } from '../../src/cli/proxy/answers.ts';
import { knownReason } from '../../src/cli/proxy/known.ts';
import { routeOf } from '../../src/cli/proxy/routes.ts';
import { ALLOWED } from './mlflow-replay/allowed.ts';
import { CORPUS } from './mlflow-replay/corpus.ts';
import { Exchange } from './mlflow-replay/exchange.ts';
import { addressOf } from './mlflow-replay/step.ts';
import { type Server, startMlflow, startRondo } from './mlflow-replay/servers.ts';

const python = process.env.MLFLOW_PYTHON;
const folder = mkdtempSync(join(tmpdir(), 'rondo-replay-'));
const servers: Server[] = [];
const found = new Map<string, Difference>();
const idOf = (request: string, at: string) => `${request} ${at}`;
const allowed = ALLOWED.flatMap(({ differ }) =>
  Object.entries(differ).flatMap(([request, places]) => places.map((at) => idOf(request, at))),
);

/** Logarithms of two libraries may differ in their last digit. */
const isAlmost: Same = (_key, theirs, ours) =>
  typeof theirs === 'number' &&
  typeof ours === 'number' &&
  Math.abs(theirs - ours) <= 1e-14 * Math.abs(theirs) + 1e-15;

/** What a failure shows of an answer. */
const brief = (value: unknown) => (JSON.stringify(value) ?? 'absent').slice(0, 300);

beforeAll(async () => {
  if (!python) throw new Error('Set MLFLOW_PYTHON to a Python that has mlflow.');
  await build();
  servers.push(await startMlflow(python, folder), await startRondo(folder));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

describe('the same requests to MLflow and to Rondo', () => {
  it('are at least 300, and each has a name of its own', () => {
    const names = CORPUS.flatMap(({ name, steps }) => steps.map(([label]) => `${name}/${label}`));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(300);
    expect(new Set(allowed).size).toBe(allowed.length);
  });

  it.each(CORPUS)('$name: no unexplained difference', async ({ name, steps }) => {
    const [mlflow, rondo] = servers.map(({ url }) => new Exchange(url));
    if (!mlflow || !rondo) throw new Error('A server did not start.');
    const unexplained: string[] = [];
    for (const step of steps) {
      const request = `${name}/${step[0]}`;
      const [method = '', path = ''] = step[1].split(' ');
      const route = routeOf(method, addressOf(path)).name;
      const [theirs, ours] = await Promise.all([mlflow.send(step), rondo.send(step)]);
      for (const one of differences(theirs, ours, isAlmost)) {
        // A rule may explain a field; an answer of another status is listed by its name.
        if (one.at !== 'answer' && knownReason({ ...one, route, mlflowAnswer: theirs, rondoAnswer: ours }))
          continue;
        const id = idOf(request, one.at);
        found.set(id, one);
        if (!allowed.includes(id))
          unexplained.push(`${id}: MLflow ${brief(one.mlflow)}, Rondo ${brief(one.rondo)}`);
      }
    }
    expect(unexplained).toEqual([]);
  });

  it('differ wherever the list of differences says so', () => {
    expect(allowed.filter((id) => !found.has(id))).toEqual([]);
  });
});
