import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../test/harness/database.ts';
import { AppError, ERRORS } from '../lib/errors.ts';
import { claim, fail, reap, renew } from './jobs.ts';
import { enqueue, findJob, finish, JobWorker } from './index.ts';

describe.each(ENGINES)('jobs on %s', (engine) => {
  let test: TestDatabase;
  let worker: JobWorker | undefined;
  beforeAll(async () => {
    test = await testDatabase(engine);
  });
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
  });
  afterAll(() => test.end());

  const add = (job: Parameters<typeof enqueue>[1]) => test.database.write((tx) => enqueue(tx, job));
  const settled = async (id: string) => {
    for (;;) {
      const job = await findJob(test.database.read, id);
      if (job && !['queued', 'running'].includes(job.state)) return job;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('runs a job once and keeps its result with what it wrote', async () => {
    worker = new JobWorker(test.database);
    let runs = 0;
    worker.handle<{ n: number }>('double', async ({ job }) => {
      runs++;
      return { result: job.payload.n * 2 };
    });
    worker.start();
    const id = await add({ kind: 'double', payload: { n: 21 } });
    expect((await settled(id)).result).toBe(42);
    expect(runs).toBe(1);
  });

  it('never runs two jobs of one concurrency key, however many claim at once', async () => {
    for (let round = 0; round < 20; round++) {
      const concurrencyKey = `one at a time ${round}`;
      for (let i = 0; i < 4; i++) await add({ kind: 'narrow', payload: {}, concurrencyKey });
      const claimed = await Promise.all(
        Array.from({ length: 4 }, () => claim(test.database, ['narrow'], 60_000, 'test')),
      );
      const held = claimed.filter((job) => job !== undefined);
      expect(held).toHaveLength(1);
      const [job] = held as [NonNullable<(typeof held)[number]>];
      await test.database.write((tx) => finish(tx, job));
      await test.database.write((tx) =>
        tx
          .updateTable('jobs')
          .set({ state: 'cancelled' })
          .where('kind', '=', 'narrow')
          .where('state', '=', 'queued')
          .execute(),
      );
    }
  });

  it('leases each kind for as long as it says, and gives back at once what a dead server held', async () => {
    await add({ kind: 'brief', payload: {} });
    await add({ kind: 'long', payload: {} });
    const leaseOf = (kind: string) => (kind === 'brief' ? 1000 : 300_000);
    const held = [1, 2].map(() => claim(test.database, ['brief', 'long'], leaseOf, 'test'));
    for (const job of await Promise.all(held)) {
      const row = await test.database.read
        .selectFrom('jobs')
        .select(['kind', 'lease_until'])
        .where('id', '=', job?.id ?? '')
        .executeTakeFirstOrThrow();
      expect(Math.round(((row.lease_until ?? 0) - Date.now()) / 1000)).toBe(leaseOf(row.kind) / 1000);
    }
    await new JobWorker(test.database).takeBack();
    for (const job of await Promise.all(held))
      expect(await findJob(test.database.read, job?.id ?? '')).toMatchObject({ state: 'queued' });
    await test.database.write((tx) =>
      tx.updateTable('jobs').set({ state: 'cancelled' }).where('kind', 'in', ['brief', 'long']).execute(),
    );
  });

  it('lets an attempt that lost its lease undo nothing of the one that follows', async () => {
    const id = await add({ kind: 'slow', payload: {} });
    const first = await claim(test.database, ['slow'], -1, 'test');
    expect(await reap(test.database)).toBeGreaterThan(0);
    await test.database.write((tx) =>
      tx.updateTable('jobs').set({ run_at: 0 }).where('id', '=', id).execute(),
    );
    const second = await claim(test.database, ['slow'], 60_000, 'test');
    const late = first as NonNullable<typeof first>;
    expect(await test.database.write((tx) => fail(tx, late, 'late', false))).toBeUndefined();
    expect(await findJob(test.database.read, id)).toMatchObject({ state: 'running', fence: second?.fence });
    await test.database.write((tx) => finish(tx, second as NonNullable<typeof second>));
  });

  it('gives each of many jobs to exactly one of many claimers', async () => {
    for (let i = 0; i < 30; i++) await add({ kind: 'race', payload: { i } });
    const claimed: string[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (;;) {
          const job = await claim(test.database, ['race'], 60_000, 'test');
          if (!job) {
            if (claimed.length >= 30) return;
            await new Promise((resolve) => setTimeout(resolve, 2));
            continue;
          }
          claimed.push(job.id);
        }
      }),
    );
    expect(new Set(claimed).size).toBe(30);
    expect(claimed).toHaveLength(30);
  });

  it('refuses the end of an attempt whose lease was taken over, and undoes what it wrote', async () => {
    const id = await add({ kind: 'fenced', payload: {}, maxAttempts: 3 });
    const first = await claim(test.database, ['fenced'], -1, 'test');
    expect(first?.id).toBe(id);
    expect(await reap(test.database)).toBeGreaterThan(0);
    await test.database.write((tx) =>
      tx.updateTable('jobs').set({ run_at: 0 }).where('id', '=', id).execute(),
    );
    const second = await claim(test.database, ['fenced'], 60_000, 'test');
    expect(second?.fence).toBe(2);
    expect(await renew(test.database, first as NonNullable<typeof first>, 1000)).toBe(false);
    const late = test.database.write(async (tx) => {
      await enqueue(tx, { kind: 'side-effect', payload: {} });
      await finish(tx, first as NonNullable<typeof first>);
    });
    await expect(late).rejects.toMatchObject({ code: 'JOB_LOST' });
    expect(await claim(test.database, ['side-effect'], 1000, 'test')).toBeUndefined();
    await test.database.write((tx) => finish(tx, second as NonNullable<typeof second>));
  });

  it('tries again after a fault, buries a permanent refusal at once', async () => {
    worker = new JobWorker(test.database);
    let tries = 0;
    worker.handle('flaky', async () => {
      if (++tries < 2) throw new Error('passing fault');
    });
    worker.handle('refused', async () => {
      throw new AppError(ERRORS.INVALID, 'never');
    });
    worker.start();
    const flaky = await add({ kind: 'flaky', payload: {} });
    const refused = await add({ kind: 'refused', payload: {} });
    expect(await settled(refused)).toMatchObject({ state: 'dead', attempts: 1, error: 'never' });
    expect(await settled(flaky)).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('gives one job to all who ask for a singleton at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const job = { kind: 'only-one', payload: {}, singletonKey: `same-${round}` };
      const ids = await Promise.all([1, 2, 3, 4, 5, 6].map(() => add(job)));
      expect(new Set(ids).size).toBe(1);
    }
  });

  it('keeps one job per singleton key and never runs two of a concurrency key', async () => {
    const one = await add({ kind: 'single', payload: {}, singletonKey: 'k' });
    expect(await add({ kind: 'single', payload: {}, singletonKey: 'k' })).toBe(one);
    await add({ kind: 'exclusive', payload: {}, concurrencyKey: 'c' });
    await add({ kind: 'exclusive', payload: {}, concurrencyKey: 'c' });
    const first = await claim(test.database, ['exclusive'], 60_000, 'test');
    expect(first).toBeDefined();
    expect(await claim(test.database, ['exclusive'], 60_000, 'test')).toBeUndefined();
    await test.database.write((tx) => fail(tx, first as NonNullable<typeof first>, 'done with', true));
    expect(await claim(test.database, ['exclusive'], 60_000, 'test')).toBeDefined();
  });
});
