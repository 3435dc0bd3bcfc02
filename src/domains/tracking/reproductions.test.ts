import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import type { Reproduction } from './schema/reproductions.ts';
import type { Run } from './schema.ts';
import type { TrackingService } from './service.ts';

interface Answer {
  reproductions: Reproduction[];
  machines: number;
  within: number | null;
  more: boolean;
}

describe.each(ENGINES)('reproductions on %s', (engine) => {
  let test: TestTracking;
  let tracking: TrackingService;
  beforeAll(async () => {
    test = await testTracking(engine);
    ({ tracking } = test);
  });
  afterAll(async () => {
    await test.end();
  });

  let clock = 0;
  async function logged(
    metrics: Record<string, number>,
    tags: Record<string, string> = {},
    { digest = 'd1', status = 'FINISHED' as 'FINISHED' | 'FAILED' | 'RUNNING' } = {},
  ): Promise<string> {
    const { info } = await tracking.createRun(ANONYMOUS, 'default', {
      start_time: ++clock,
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
    const points = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1, step: 0 }));
    await tracking.logBatch(ANONYMOUS, 'default', info.run_id, { metrics: points });
    const dataset = { name: 'rows', digest, source_type: 'local', source: '{}' };
    await tracking.logInputs(ANONYMOUS, 'default', info.run_id, { datasets: [{ dataset }] });
    if (status !== 'RUNNING') await tracking.endRun(ANONYMOUS, 'default', info.run_id, status);
    return info.run_id;
  }
  const found = async (run: string): Promise<Answer> =>
    JSON.parse((await tracking.listReproductions('default', run)).bytes.toString()) as Answer;
  const of = (run: string, terms: object, machine?: string) => ({
    'rondo.reproduces': run,
    'rondo.reproduction': JSON.stringify(terms),
    ...(machine ? { 'rondo.machine': machine } : {}),
  });

  it('compares what was made again with the run it names, newest first', async () => {
    const first = await logged({ loss: 0.5, zero: 0, nan: Number.NaN, 'system/cpu': 3 });
    expect(await found(first)).toEqual({ reproductions: [], machines: 0, within: null, more: false });
    const same = { zero: 0, nan: Number.NaN };
    await logged({ loss: 0.5001, ...same, 'system/cpu': 9 }, of(first, { tolerance: 0.01 }, 'a'));
    await logged({ loss: 0.5, ...same }, of(first, { tolerance: 0.01 }, 'b'));
    await logged({ loss: 0.51, ...same }, of(first, { tolerance: 0.01 }, 'b'));
    await logged({ loss: 0.51, ...same }, of(first, { tolerance: 0.05, metrics: ['loss'] }, 'b'));
    await logged({ loss: 0.5, ...same }, of(first, { tolerance: 0.01 }), { digest: 'd2' });
    await logged({ loss: 0.5, zero: 0 }, { 'rondo.reproduces': first, 'rondo.reproduction': 'no json' });
    await logged({ loss: 0.5 }, of(first, { tolerance: 0.01 }), { status: 'FAILED' });
    await logged({}, of(first, { tolerance: 0.01 }), { status: 'RUNNING' });
    const trashed = await logged({ loss: 0.5 }, of(first, { tolerance: 1 }));
    await tracking.deleteRun(ANONYMOUS, 'default', trashed);
    const { reproductions, machines, within, more } = await found(first);
    expect(
      reproductions.map((each) => [each.verdict, each.same_data, each.compared, each.tolerance]),
    ).toEqual([
      ['running', true, 3, 0.01],
      ['failed', true, 3, 0.01],
      ['differs', true, 3, 0.01],
      ['differs', false, 3, 0.01],
      ['reproduced', true, 1, 0.05],
      ['differs', true, 3, 0.01],
      ['reproduced', true, 3, 0.01],
      ['reproduced', true, 3, 0.01],
    ]);
    expect(reproductions[5]?.metrics[0]).toMatchObject({
      key: 'loss',
      recorded: 0.5,
      reproduced: 0.51,
      agrees: false,
    });
    expect(reproductions[2]?.metrics[0]).toMatchObject({
      key: 'nan',
      recorded: 'NaN',
      reproduced: null,
      distance: null,
    });
    expect([machines, more]).toEqual([2, false]);
    expect(within).toBeCloseTo(0.02, 12);
  });

  it('says of each run of a search what came of it, where that was asked for', async () => {
    const experiment = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'verdicts' });
    const runs = { good: '', off: '', going: '', bad: '', never: '' };
    for (const name of Object.keys(runs) as (keyof typeof runs)[]) {
      runs[name] = await logged({ loss: 1 });
      await tracking.moveRuns(ANONYMOUS, 'default', { run_ids: [runs[name]] }, experiment);
    }
    const terms = { tolerance: 0.01 };
    await logged({ loss: 1 }, of(runs.good, terms));
    await logged({ loss: 9 }, of(runs.good, terms));
    await logged({ loss: 9 }, of(runs.off, terms));
    await logged({ loss: 1 }, of(runs.off, terms), { status: 'FAILED' });
    await logged({ loss: 1 }, of(runs.going, terms), { status: 'RUNNING' });
    await logged({ loss: 1 }, of(runs.bad, terms), { status: 'FAILED' });
    await tracking.deleteRun(ANONYMOUS, 'default', await logged({ loss: 1 }, of(runs.never, terms)));
    const asked = async (columns: string[] | undefined) => {
      const answer = await tracking.searchRunsAnswer('default', { experimentIds: [experiment], columns });
      const { runs: found = [] } = JSON.parse(answer.bytes.toString()) as { runs?: Run[] };
      return found.map(({ info }) => [info.run_id, info.reproduced]);
    };
    expect(await asked(['metrics.loss', 'reproduced'])).toEqual([
      [runs.never, undefined],
      [runs.bad, 'failed'],
      [runs.going, 'running'],
      [runs.off, 'differs'],
      [runs.good, 'reproduced'],
    ]);
    expect((await asked([])).every(([, verdict]) => verdict === undefined)).toBe(true);
    expect((await asked(undefined)).every(([, verdict]) => verdict === undefined)).toBe(true);
  });

  it('shows the newest 20, and nothing of a run that is not there', async () => {
    const first = await logged({ loss: 1 });
    for (let at = 0; at < 22; at++) await logged({ loss: 1 }, of(first, { tolerance: 0.01 }));
    const { reproductions, machines, within, more } = await found(first);
    expect([reproductions.length, machines, within, more]).toEqual([20, 1, 0, true]);
    await expect(tracking.listReproductions('default', 'f'.repeat(32))).rejects.toMatchObject({
      status: 404,
    });
  });
});
