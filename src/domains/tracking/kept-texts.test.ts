import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { assemblePage } from './assemble.ts';

const P = 'default';

describe.each(ENGINES)('texts of ended runs on %s', (engine) => {
  let test: TestTracking;
  beforeAll(async () => {
    test = await testTracking(engine);
  });
  afterAll(() => test.end());

  const metric = (key: string, value: number, step = 0) => ({ key, value, step, timestamp: 5 });

  async function makeRun(name = 'run'): Promise<{ id: string; number: number }> {
    const { info } = await test.tracking.createRun(ANONYMOUS, P, { run_name: name });
    const { read } = test.ground.database;
    const { id: number } = await read
      .selectFrom('runs')
      .select('id')
      .where('run_id', '=', info.run_id)
      .executeTakeFirstOrThrow();
    return { id: info.run_id, number };
  }

  const kept = async (...numbers: number[]) =>
    (
      await test.ground.database.read
        .selectFrom('run_texts')
        .selectAll()
        .where('run', 'in', numbers)
        .execute()
    ).filter(({ text }) => text !== null);

  const page = async (numbers: readonly number[]) =>
    (await assemblePage(test.ground.database, numbers)).join('');
  /** What is made of the rows, whatever is kept. */
  async function made(numbers: readonly number[]): Promise<string> {
    const { database } = test.ground;
    await database.write((tx) => tx.updateTable('run_texts').set({ text: null }).execute());
    return page(numbers);
  }

  it('are kept of those alone, and are what would be made', async () => {
    const { tracking } = test;
    const [ended, live] = [await makeRun('"ended"'), await makeRun('live')];
    for (const { id } of [ended, live])
      await tracking.logBatch(ANONYMOUS, P, id, { metrics: [metric('m', 1)] });
    await tracking.endRun(ANONYMOUS, P, ended.id);
    const before = await page([live.number, ended.number]);
    await tracking.keepTexts();
    expect((await kept(ended.number, live.number)).map(({ run }) => run)).toEqual([ended.number]);
    expect(await page([live.number, ended.number])).toBe(before);
    expect(await made([live.number, ended.number])).toBe(before);
  });

  it('are taken back by every change', async () => {
    const { tracking } = test;
    const { id, number } = await makeRun();
    await tracking.endRun(ANONYMOUS, P, id);
    const dataset = { name: 'd', digest: 'x', source_type: 'local', source: '{}' };
    const experiment = await tracking.createExperiment(ANONYMOUS, P, { name: 'elsewhere' });
    const changes: [string, () => Promise<unknown>][] = [
      ['metric', () => tracking.logBatch(ANONYMOUS, P, id, { metrics: [metric('m', 1)] })],
      ['metric again', () => tracking.logBatch(ANONYMOUS, P, id, { metrics: [metric('m', 2, 1)] })],
      ['param', () => tracking.logBatch(ANONYMOUS, P, id, { params: [{ key: 'p', value: '1' }] })],
      ['tag', () => tracking.setTag(ANONYMOUS, P, id, { key: 't', value: '1' })],
      ['tag again', () => tracking.setTag(ANONYMOUS, P, id, { key: 't', value: '2' })],
      ['tag removed', () => tracking.deleteTag(ANONYMOUS, P, id, 't')],
      ['dataset', () => tracking.logInputs(ANONYMOUS, P, id, { datasets: [{ dataset, tags: [] }] })],
      ['name', () => tracking.updateRun(ANONYMOUS, P, id, { run_name: 'renamed' })],
      ['end', () => tracking.updateRun(ANONYMOUS, P, id, { end_time: 77 })],
      ['state', () => tracking.endRun(ANONYMOUS, P, id, 'FAILED')],
      ['place', () => tracking.moveRuns(ANONYMOUS, P, { run_ids: [id] }, experiment)],
      ['trash', () => tracking.deleteRun(ANONYMOUS, P, id)],
      ['back', () => tracking.restoreRun(ANONYMOUS, P, id)],
    ];
    for (const [name, change] of changes) {
      await tracking.keepTexts();
      const before = await page([number]);
      expect(await kept(number), name).toHaveLength(1);
      await change();
      expect(await kept(number), name).toHaveLength(0);
      const after = await page([number]);
      expect(after, name).not.toBe(before);
      await tracking.keepTexts();
      expect(await page([number]), name).toBe(after);
    }
    await tracking.updateRun(ANONYMOUS, P, id, { status: 'RUNNING' });
    await tracking.keepTexts();
    expect(await kept(number)).toHaveLength(0);
  });

  it('of runs of any content are what would be made, also of those that are too long to keep', async () => {
    const { tracking } = test;
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .filter((it) => !/[\0\ud800-\udfff]/.test(it));
    const values = fc.double({ noDefaultInfinity: false });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, values), { maxLength: 6 }), text, async (pairs, tag) => {
        const { id, number } = await makeRun();
        const metrics = pairs.map(([, value], index) => metric(`m${index}`, value, index));
        const params = pairs.map(([value], index) => ({ key: `p${index}`, value }));
        await tracking.logBatch(ANONYMOUS, P, id, { metrics, params, tags: [{ key: 't', value: tag }] });
        await tracking.endRun(ANONYMOUS, P, id);
        await tracking.keepTexts();
        expect(await kept(number)).toHaveLength(1);
        const before = await page([number]);
        expect(await made([number])).toBe(before);
      }),
      { numRuns: 25 },
    );
    const long = await makeRun('long');
    for (let piece = 0; piece < 5; piece++) {
      const metrics = Array.from({ length: 1000 }, (_, index) => metric(`long/${piece}/${index}`, index));
      await tracking.logBatch(ANONYMOUS, P, long.id, { metrics });
    }
    await tracking.endRun(ANONYMOUS, P, long.id);
    await tracking.keepTexts();
    expect((await kept(long.number)).map((row) => row.text)).toEqual(['']);
    expect(JSON.parse(await page([long.number])).data.metrics).toHaveLength(5000);
  });

  it.runIf(engine === 'postgres')(
    'wait for whoever logged before the run ended and commits later',
    async () => {
      const { tracking, ground } = test;
      const { id, number } = await makeRun();
      let commit = (): void => {};
      const mayCommit = new Promise<void>((resolve) => (commit = resolve));
      let wrote = (): void => {};
      const hasWritten = new Promise<void>((resolve) => (wrote = resolve));
      const late = ground.database.write(async (tx) => {
        await tx.insertInto('run_tags').values({ run: number, key: 'late', value: 'yes' }).execute();
        wrote();
        await mayCommit;
      });
      await hasWritten;
      await tracking.endRun(ANONYMOUS, P, id);
      await tracking.keepTexts();
      expect(await kept(number)).toHaveLength(0);
      commit();
      await late;
      await tracking.keepTexts();
      expect(await kept(number)).toHaveLength(1);
      expect(await page([number])).toContain('"late"');
    },
  );
});
