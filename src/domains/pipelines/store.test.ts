import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { createEvents, createSignals, type Events } from '../../events/index.ts';
import { createLineage } from '../lineage/service.ts';
import { createEngine, type Engine } from './engine.ts';
import { Graph, type GraphInput } from './schema/graph.ts';
import {
  claimSteps,
  endAttempt,
  findByToken,
  findHeld,
  heldAttempts,
  nextRetry,
  renewLease,
} from './store/attempts.ts';
import { countsOf, findRun, insertRun, listRuns, lockRun, type Run } from './store/runs.ts';
import { findReusable, insertSteps, moveStep, stepsOfRun } from './store/steps.ts';
import { addVersion, findVersion, listVersions, nextRunNumber } from './store/versions.ts';

const code = { bundle: '0'.repeat(64), runtime_version: 'v20' };
type NodeInput = GraphInput['nodes'][number];
const number = { kind: 'value', schema: { type: 'number' } } as const;
const node = (id: string, upstream: string[] = [], rest: Partial<NodeInput> = {}): NodeInput => ({
  id,
  step: id,
  code: 'c'.repeat(64),
  outputs: { n: number },
  takes: Object.fromEntries(upstream.map((name) => [name, number])),
  inputs: Object.fromEntries(
    upstream.map((name) => [name, { from: 'output', node: name, output: 'n', path: [] }]),
  ),
  ...rest,
});

describe.each(ENGINES)('pipeline store and engine on %s', (engineName) => {
  let test: TestDatabase;
  let events: Events;
  let engine: Engine;
  beforeAll(async () => {
    test = await testDatabase(engineName);
    events = await createEvents(test.database);
    engine = createEngine({
      events,
      signals: createSignals(),
      lineage: createLineage(test.database),
      version: async (tx, run) => {
        const found = await findVersion(tx, run.project, run.pipeline, run.version);
        if (!found) throw new Error('no version');
        return found;
      },
    });
  });
  afterAll(() => test.end());

  const write: TestDatabase['database']['write'] = (body) => test.database.write(body);

  async function begin(nodes: NodeInput[], change: Partial<Run> = {}): Promise<Run> {
    const name = change.pipeline ?? `p${randomUUID().slice(0, 8)}`;
    const graph = Graph.parse({ format: 1, name, params: {}, nodes });
    const id = randomUUID();
    await write(async (tx) => {
      const stored = {
        project: 'default',
        pipeline: name,
        digest: JSON.stringify(nodes),
        graph,
        applied_by: 'test',
      };
      const record = {
        ...code,
        runtime: 'node' as const,
        root: null,
        externals: [],
        commit: null,
        branch: null,
        dirty_diff: null,
        lock: null,
        lock_file: null,
      };
      const { version } = await addVersion(tx, { ...stored, code: record });
      const run: Run = {
        id,
        project: 'default',
        pipeline: name,
        version,
        number: await nextRunNumber(tx, 'default', name),
        state: 'running',
        params: {},
        reason: { kind: 'manual', text: 'test', cause: null, by: 'test' },
        cache: 'use',
        refresh: [],
        origin: null,
        start_key: null,
        error: null,
        created_at: Date.now(),
        ended_at: null,
        ...change,
      };
      await insertRun(tx, run);
      await insertSteps(
        tx,
        graph.nodes.map((one) => ({
          id: randomUUID(),
          project: 'default',
          run: id,
          pipeline: name,
          node: one.id,
          step: one.step,
          map_index: -1,
          launcher: `l-${id}`,
          cpu_milli: 1000,
          memory_mb: null,
        })),
      );
      await engine.advance(tx, run);
    });
    return run(id);
  }

  const run = async (id: string): Promise<Run> => (await findRun(test.database.read, 'default', id)) as Run;
  const states = async (id: string) =>
    Object.fromEntries((await stepsOfRun(test.database.read, id)).map((step) => [step.node, step.state]));
  let tokens = 0;
  const claim = (id: string, options: { cpuMilli?: number; leaseMs?: number; idle?: boolean } = {}) =>
    claimSteps(test.database, {
      launchers: [`l-${id}`],
      cpuMilli: options.cpuMilli ?? 100_000,
      idle: options.idle ?? false,
      leaseMs: options.leaseMs ?? 60_000,
      token: () => ({ token: `${++tokens}`, hash: `${engineName}-hash-${tokens}` }),
    });

  it('starts a version again only when its content differs', async () => {
    const first = await begin([node('a')]);
    const again = await begin([node('a')], { pipeline: first.pipeline });
    const other = await begin([node('b')], { pipeline: first.pipeline });
    expect([first, again, other].map((one) => [one.version, one.number])).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(
      (await listVersions(test.database.read, 'default', first.pipeline)).map((one) => one.version),
    ).toEqual([2, 1]);
    const listed = await listRuns(test.database.read, {
      project: 'default',
      pipeline: first.pipeline,
      limit: 2,
    });
    expect(listed).toHaveLength(2);
  });

  it('goes through a diamond, one commit per end, and ends the run with its last step', async () => {
    const { id } = await begin([node('a'), node('b', ['a']), node('c', ['a']), node('d', ['b', 'c'])], {
      cache: 'off',
    });
    expect(await states(id)).toEqual({ a: 'queued', b: 'waiting', c: 'waiting', d: 'waiting' });
    const [a] = await claim(id);
    await write((tx) => engine.succeed(tx, a as NonNullable<typeof a>, { n: 1 }));
    const both = await claim(id);
    expect(both.map((one) => one.step.node).sort()).toEqual(['b', 'c']);
    // Both end at the same time; whichever commits last must see the other.
    await Promise.all(both.map((one) => write((tx) => engine.succeed(tx, one, { n: 2 }))));
    const [d] = await claim(id);
    expect(d?.step.inputs).toEqual({ b: 2, c: 2 });
    await write((tx) => engine.succeed(tx, d as NonNullable<typeof d>, { n: 3 }));
    expect((await run(id)).state).toBe('done');
    expect((await countsOf(test.database.read, [id])).get(id)).toEqual({ done: 4 });
    const ended = await events.recent({ types: ['step.run.ended', 'pipeline.run.ended'], limit: 5 });
    expect(ended.map((event) => (event.data as { state: string }).state)).toEqual(Array(5).fill('done'));
  });

  it('gives each queued step to one of many claimers, within the cores there are', async () => {
    const { id } = await begin(
      Array.from({ length: 12 }, (_, i) => node(`s${i}`)),
      { cache: 'off' },
    );
    expect(await claim(id, { cpuMilli: 500 })).toHaveLength(0);
    expect(await claim(id, { cpuMilli: 500, idle: true })).toHaveLength(1);
    const claimed = await Promise.all(Array.from({ length: 6 }, () => claim(id, { cpuMilli: 3000 })));
    const names = claimed.flat().map((one) => one.step.node);
    expect(new Set(names).size).toBe(names.length);
    expect((await claim(id)).length + names.length).toBe(11);
  });

  it('refuses the late end of an attempt that was taken over', async () => {
    const { id } = await begin([node('a'), node('b', ['a'])], { cache: 'off' });
    const [first] = await claim(id, { leaseMs: -1 });
    const old = first as NonNullable<typeof first>;
    expect((await heldAttempts(test.database.read, Date.now())).map((one) => one.step.id)).toContain(
      old.step.id,
    );
    expect(await write((tx) => engine.fail(tx, old, { state: 'lost', error: 'no sign of life' }))).toBe(true);
    expect(await findByToken(test.database.read, old.attempt.token_hash)).toBeUndefined();
    const [second] = await claim(id);
    expect(second?.attempt.attempt).toBe(2);
    expect(await write((tx) => engine.succeed(tx, old, { n: 666 }))).toBe(false);
    expect(await write((tx) => engine.fail(tx, old, { state: 'failed', error: 'late' }))).toBe(false);
    expect(await write((tx) => renewLease(tx, old, 1000))).toBe(false);
    expect(await write((tx) => engine.succeed(tx, second as NonNullable<typeof second>, { n: 1 }))).toBe(
      true,
    );
    expect(await write((tx) => engine.succeed(tx, second as NonNullable<typeof second>, { n: 2 }))).toBe(
      false,
    );
    const [b] = await claim(id);
    expect(b?.step.inputs).toEqual({ a: 1 });
  });

  it('counts failures and lost attempts apart, waits longer each time, and blocks what follows', async () => {
    const retry = { max: 1, backoff_ms: 1500 };
    const { id } = await begin([node('a', [], { retry }), node('b', ['a']), node('c')], { cache: 'off' });
    const find = async () => (await claim(id)).find((one) => one.step.node === 'a');
    const lose = { state: 'lost', error: 'gone' } as const;
    const held = (await find()) as NonNullable<Awaited<ReturnType<typeof find>>>;
    await write((tx) => engine.fail(tx, held, lose));
    const second = (await find()) as typeof held;
    await write((tx) => engine.fail(tx, second, { state: 'failed', error: 'bad\nstack', exit_code: 1 }));
    expect(await find()).toBeUndefined();
    const due = (await nextRetry(test.database.read)) as number;
    expect(due).toBeGreaterThan(Date.now() - 1500);
    await new Promise((resolve) => setTimeout(resolve, due - Date.now() + 20));
    const third = (await find()) as typeof held;
    expect(third.step).toMatchObject({ attempt: 3, failures: 1, why: 'attempt 2: bad; retry 1 of 1' });
    await write((tx) => engine.fail(tx, third, { state: 'failed', error: 'bad again' }));
    expect(await states(id)).toEqual({ a: 'failed', b: 'blocked', c: 'running' });
    expect((await run(id)).state).toBe('running');
    const c = (await stepsOfRun(test.database.read, id)).find((step) => step.node === 'c');
    const last = (await findHeld(test.database.read, c?.id ?? '', 1)) as typeof held;
    await write((tx) => engine.succeed(tx, last, { n: 1 }));
    expect(await run(id)).toMatchObject({ state: 'failed', error: "Step 'a' failed: bad again" });
  });

  it('reuses a success of any run in the project, never a failure', async () => {
    const name = `cache-${engineName}`;
    const nodes = [node('a', [], { code: 'a'.repeat(64) }), node('b', ['a'])];
    const failed = await begin(nodes, { pipeline: name });
    const [held] = await claim(failed.id);
    await write((tx) => engine.fail(tx, held as NonNullable<typeof held>, { state: 'failed', error: 'no' }));
    const first = await begin(nodes, { pipeline: name });
    expect(await states(first.id)).toEqual({ a: 'queued', b: 'waiting' });
    for (const n of [1, 2]) {
      const [one] = await claim(first.id);
      await write((tx) => engine.succeed(tx, one as NonNullable<typeof one>, { n }));
    }
    const again = await begin(nodes, { pipeline: `${name}-copy` });
    expect(again.state).toBe('done');
    expect(await states(again.id)).toEqual({ a: 'reused', b: 'reused' });
    const [a] = await stepsOfRun(test.database.read, again.id);
    expect(await findReusable(test.database.read, 'elsewhere', a?.cache_key ?? '', 0)).toBeUndefined();
    expect(
      await findReusable(test.database.read, 'default', a?.cache_key ?? '', Date.now() + 1000),
    ).toBeUndefined();
  });

  it('makes no move that the table of transitions does not have', async () => {
    const { id } = await begin([node('a')], { cache: 'off' });
    const [step] = await stepsOfRun(test.database.read, id);
    const key = step?.id ?? '';
    expect(await write((tx) => moveStep(tx, key, 'done'))).toBeUndefined();
    expect(await write((tx) => moveStep(tx, key, 'cancelled'))).toMatchObject({ state: 'cancelled' });
    expect(await write((tx) => moveStep(tx, key, 'queued'))).toBeUndefined();
    expect(await write((tx) => endAttempt(tx, key, 1, { state: 'done' }))).toBe(false);
    expect(await write((tx) => lockRun(tx, randomUUID()))).toBeUndefined();
  });
});
