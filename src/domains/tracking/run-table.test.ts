import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import type { FileBody, JsonBytes } from '../../lib/contract/index.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { csvCell } from '../../lib/csv-cell.ts';
import type { Curve, Run, RunGroup } from './schema.ts';
import type { TrackingService } from './service.ts';

const read = async <T>(bytes: Promise<JsonBytes>): Promise<T> =>
  JSON.parse((await bytes).bytes.toString()) as T;
const bytesOf = async ({ body }: FileBody) => {
  const pieces: Buffer[] = [];
  for await (const piece of body as AsyncIterable<Buffer | string>) pieces.push(Buffer.from(piece as string));
  return Buffer.concat(pieces);
};

describe.each(ENGINES)('the table of runs on %s', (engine) => {
  let test: TestTracking;
  let tracking: TrackingService;
  let experiment: string;
  const ids: string[] = [];
  beforeAll(async () => {
    test = await testTracking(engine);
    ({ tracking } = test);
    experiment = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'table' });
    for (let at = 0; at < 6; at++) {
      const parent = at > 3 ? [{ key: 'mlflow.parentRunId', value: ids[0] ?? '' }] : [];
      const { info } = await tracking.createRun(ANONYMOUS, 'default', {
        experiment_id: experiment,
        run_name: `run ${at}`,
        start_time: 1_000 + at,
        tags: [{ key: 'team', value: at % 2 === 0 ? 'even' : '=odd, "quoted"' }, ...parent],
      });
      ids.push(info.run_id);
      await tracking.logBatch(ANONYMOUS, 'default', info.run_id, {
        metrics: [
          { key: 'loss', value: 10 - at, timestamp: 1, step: 0 },
          { key: 'loss', value: at === 5 ? Number.NaN : at, timestamp: 2, step: 1 },
          { key: 'auc', value: at / 10, timestamp: 1, step: 0 },
        ],
        params: at === 2 ? [] : [{ key: 'lr', value: at < 3 ? '0.1' : '0.2' }],
      });
    }
    await tracking.endRun(ANONYMOUS, 'default', ids[1] ?? '', 'FAILED');
  });
  afterAll(async () => {
    await test.end();
  });

  const search = async (asked: object) => {
    const { bytes } = await tracking.searchRunsAnswer('default', { experimentIds: [experiment], ...asked });
    return (JSON.parse(bytes.toString()) as { runs?: Run[] }).runs ?? [];
  };

  it('answers only the columns that were asked for, with extremes beside the last value', async () => {
    const [first] = await search({ columns: ['metrics.loss', 'params.lr'], extremes: true, limit: 1 });
    expect(first?.data).toEqual({
      metrics: [{ key: 'loss', value: 'NaN', timestamp: 2, step: 1, min: 5, max: 5, points: 2 }],
      params: [{ key: 'lr', value: '0.2' }],
    });
    const [, second] = await search({ columns: ['metrics.loss', 'metrics.never'], extremes: true });
    expect(second?.data.metrics).toEqual([
      { key: 'loss', value: 4, timestamp: 2, step: 1, min: 4, max: 6, points: 2 },
    ]);
    expect((await search({ columns: [] }))[0]?.data).toEqual({});
  });

  it('orders by the best of all points of a metric, page by page, where the extremes were asked for', async () => {
    const ask = async (order: string, token?: string) => {
      const asked = {
        experimentIds: [experiment],
        columns: [],
        extremes: true,
        orderBy: [order],
        limit: 4,
        token,
      };
      const { bytes } = await tracking.searchRunsAnswer('default', asked);
      return JSON.parse(bytes.toString()) as { runs?: Run[]; next_page_token?: string };
    };
    const all = async (order: string) => {
      const first = await ask(order);
      const second = await ask(order, first.next_page_token);
      return [...(first.runs ?? []), ...(second.runs ?? [])]
        .map((run) => run.info.run_name?.slice(-1))
        .join('');
    };
    // Lowest of the points: 0 1 2 3 4 5; highest: 10 9 8 7 6 5. By the last value run 5 would have none.
    expect(await all('lowest.loss')).toBe('012345');
    expect(await all('lowest.`loss` DESC')).toBe('543210');
    expect(await all('highest.loss ASC')).toBe('543210');
    await expect(search({ orderBy: ['lowest.loss'] })).rejects.toMatchObject({ status: 400 });
  });

  it('answers the metrics of runs as they were at a step', async () => {
    const at = async (step: number) => {
      const { runs } = await read<{
        runs: { run_id: string; metrics: { key: string; value: unknown; step: number }[] }[];
      }>(tracking.metricValues('default', { runIds: [ids[2], ids[5], '0'.repeat(32)] as string[], step }));
      return runs.map((run) => run.metrics.map((each) => [each.key, each.value, each.step]));
    };
    const auc = (value: number) => ['auc', value, 0];
    expect(await at(0)).toEqual([
      [auc(0.2), ['loss', 8, 0]],
      [auc(0.5), ['loss', 5, 0]],
    ]);
    expect(await at(7)).toEqual([
      [auc(0.2), ['loss', 2, 1]],
      [auc(0.5), ['loss', 'NaN', 1]],
    ]);
    expect(await at(-1)).toEqual([[], []]);
    await expect(read(tracking.metricValues('other', { runIds: ids, step: 1 }))).resolves.toEqual({
      runs: [],
    });
  });

  it('finds children of a run, and says how many there are', async () => {
    const rows = await search({ columns: [], children: true, filter: 'tags.`mlflow.parentRunId` IS NULL' });
    expect(rows.map((run) => [run.info.run_name, run.info.children])).toEqual([
      ['run 3', 0],
      ['run 2', 0],
      ['run 1', 0],
      ['run 0', 2],
    ]);
    const children = await search({ columns: [], parent: ids[0] });
    expect(children.map((run) => run.info.run_name)).toEqual(['run 5', 'run 4']);
  });

  it('counts the children that it would show: those of the experiments asked for', async () => {
    const near = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'with parents' });
    const far = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'with children' });
    const make = async (experiment_id: string, parent?: string) => {
      const tags = parent === undefined ? [] : [{ key: 'mlflow.parentRunId', value: parent }];
      return (await tracking.createRun(ANONYMOUS, 'default', { experiment_id, tags })).info.run_id;
    };
    const parent = await make(near);
    await make(near, parent);
    for (let at = 0; at < 2; at++) await make(far, parent);
    const count = async (...experimentIds: string[]) => {
      const [first] = await search({
        experimentIds,
        columns: ['params.lr'],
        children: true,
        filter: `run_id = '${parent}'`,
      });
      const children = await search({ experimentIds, columns: [], parent });
      expect(first?.info.children).toBe(children.length);
      return children.length;
    };
    expect(await count(near)).toBe(1);
    expect(await count(near, far)).toBe(3);
  });

  it('shows a child at the top while its parent is not among the runs asked for', async () => {
    const elsewhere = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'of parents' });
    const make = async (experiment_id: string, parent?: string) => {
      const tags = parent === undefined ? [] : [{ key: 'mlflow.parentRunId', value: parent }];
      return (await tracking.createRun(ANONYMOUS, 'default', { experiment_id, tags })).info.run_id;
    };
    const of = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'of children' });
    const parent = await make(of);
    const child = await make(of, parent);
    const orphan = await make(of, 'gone');
    const far = await make(of, await make(elsewhere));
    const tops = async (experimentIds: string[], view?: 'DELETED_ONLY') => {
      const answer = await read(tracking.searchRunsAnswer('default', { experimentIds, view, top: true }));
      return new Set(((answer as { runs?: Run[] }).runs ?? []).map((run) => run.info.run_id));
    };
    expect(await tops([of])).toEqual(new Set([parent, orphan, far]));
    expect((await tops([of, elsewhere])).has(far)).toBe(false);
    await tracking.deleteRun(ANONYMOUS, 'default', parent);
    expect(await tops([of])).toEqual(new Set([child, orphan, far]));
    await tracking.deleteRun(ANONYMOUS, 'default', child);
    expect(await tops([of], 'DELETED_ONLY')).toEqual(new Set([parent]));
  });

  it('counts what matches beside what there is', async () => {
    expect(
      await read(
        tracking.countRuns('default', { experiment_ids: [experiment], filter: 'metrics.auc >= 0.1' }),
      ),
    ).toEqual({ matching: 5, total: 6, by_status: { FAILED: 1, RUNNING: 4 } });
    await expect(
      tracking.countRuns('default', { experiment_ids: [experiment], filter: 'metrics.' }),
    ).rejects.toMatchObject({ status: 400 });
  });

  it('lists keys and values of the newest runs, the commonest first', async () => {
    const asked = { experiment_ids: [experiment] };
    expect(await read(tracking.listRunKeys('default', { ...asked, kind: 'metrics' }))).toEqual({
      keys: [
        { key: 'auc', runs: 6 },
        { key: 'loss', runs: 6 },
      ],
      of_runs: 5000,
    });
    const params = { ...asked, kind: 'params', key: 'lr' } as const;
    expect(
      await read(tracking.listRunKeys('default', { ...asked, kind: 'params', term: 'L' })),
    ).toMatchObject({
      keys: [{ key: 'lr', runs: 5 }],
    });
    expect(
      await read(tracking.listRunKeys('default', { ...asked, kind: 'params', term: '%' })),
    ).toMatchObject({
      keys: [],
    });
    expect(await read(tracking.listRunValues('default', params))).toMatchObject({
      values: [
        { value: '0.2', runs: 3 },
        { value: '0.1', runs: 2 },
      ],
    });
    expect(await read(tracking.listRunValues('default', { ...params, of_runs: 1 }))).toMatchObject({
      values: [{ value: '0.2', runs: 1 }],
    });
    const status = { ...asked, kind: 'attributes', key: 'status' } as const;
    expect(await read(tracking.listRunValues('default', status))).toMatchObject({
      values: [
        { value: 'RUNNING', runs: 5 },
        { value: 'FAILED', runs: 1 },
      ],
    });
  });

  it('groups by a key, with the median between two middle values, and leaves NaN out', async () => {
    const { groups, more } = await read<{ groups: RunGroup[]; more: boolean }>(
      tracking.groupRuns('default', { experiment_ids: [experiment], by: 'params.lr', metrics: ['loss'] }),
    );
    expect(more).toBe(false);
    expect(groups).toEqual([
      { value: '0.2', runs: 3, metrics: [{ key: 'loss', runs: 2, median: 3.5, min: 3, max: 4 }] },
      { value: '0.1', runs: 2, metrics: [{ key: 'loss', runs: 2, median: 0.5, min: 0, max: 1 }] },
      { value: null, runs: 1, metrics: [{ key: 'loss', runs: 1, median: 2, min: 2, max: 2 }] },
    ]);
    // A run that read two of them is in both groups; a group is what its filter finds.
    const [first, second] = ids as [string, string];
    const dataset = (name: string) => ({
      dataset: { name, digest: `of ${name}`, source_type: 'local', source: '{}' },
      tags: [],
    });
    await tracking.logInputs(ANONYMOUS, 'default', first, { datasets: [dataset('a'), dataset('b')] });
    await tracking.logInputs(ANONYMOUS, 'default', second, { datasets: [dataset('b')] });
    for (const by of ['datasets.name', 'datasets.digest']) {
      const found = await read<{ groups: RunGroup[] }>(
        tracking.groupRuns('default', { experiment_ids: [experiment], by }),
      );
      expect(found.groups.map(({ value, runs }) => [value?.replace('of ', ''), runs])).toEqual([
        [undefined, 4],
        ['b', 2],
        ['a', 1],
      ]);
      for (const { value, runs } of found.groups) {
        const filter = value === null ? `${by} IS NULL` : `${by} = '${value}'`;
        const { matching } = await read<{ matching: number }>(
          tracking.countRuns('default', { experiment_ids: [experiment], filter }),
        );
        expect(matching, filter).toBe(runs);
      }
    }
    await expect(
      tracking.groupRuns('default', { experiment_ids: [experiment], by: 'metrics.loss' }),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  });

  it('exports every matching run, in order, in three formats that say the same', async () => {
    const asked = {
      experiment_ids: [experiment],
      filter: 'metrics.auc < 0.35',
      order_by: ['metrics.auc DESC'],
    };
    const file = async (format: 'csv' | 'json' | 'parquet') =>
      bytesOf(await tracking.exportRuns('default', { ...asked, format }));
    const csv = (await file('csv')).toString();
    expect(csv.split('\r\n')[0]).toBe(
      'run_id,run_name,experiment_id,status,user_id,start_time,end_time,metrics.auc,metrics.loss,params.lr,tags.mlflow.runName,tags.team',
    );
    expect(csv.trim().split('\r\n')).toHaveLength(5);
    expect(csv).toContain(`run 1,${experiment},FAILED,,1001,`);
    expect(csv).toContain(`,"'=odd, ""quoted"""`);
    const json = JSON.parse((await file('json')).toString()) as Record<string, unknown>[];
    expect(json.map((row) => [row.run_name, row['metrics.auc'], row['params.lr']])).toEqual([
      ['run 3', 0.3, '0.2'],
      ['run 2', 0.2, undefined],
      ['run 1', 0.1, '0.1'],
      ['run 0', 0, '0.1'],
    ]);
    const parquet = await file('parquet');
    const buffer = parquet.buffer.slice(
      parquet.byteOffset,
      parquet.byteOffset + parquet.length,
    ) as ArrayBuffer;
    expect(Number(parquetMetadata(buffer).num_rows)).toBe(4);
    const rows = await parquetReadObjects({ file: buffer, compressors });
    expect(rows.map((row) => [row.run_name, row['metrics.auc'], row['params.lr'], row['tags.team']])).toEqual(
      [
        ['run 3', 0.3, '0.2', '=odd, "quoted"'],
        ['run 2', 0.2, null, 'even'],
        ['run 1', 0.1, '0.1', '=odd, "quoted"'],
        ['run 0', 0, '0.1', 'even'],
      ],
    );
    const none = { experiment_ids: [experiment], filter: 'metrics.auc > 9', order_by: [] };
    for (const format of ['csv', 'json', 'parquet'] as const)
      expect(
        (await bytesOf(await tracking.exportRuns('default', { ...none, format }))).length,
      ).toBeGreaterThan(2);
  });

  it('exports more rows than a page holds', async () => {
    const wide = Array.from({ length: 500 }, (_, at) => `metrics.m${at}`);
    const many = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'many' });
    for (let at = 0; at < 101; at++)
      await tracking.createRun(ANONYMOUS, 'default', { experiment_id: many, start_time: at });
    for (const format of ['json', 'parquet'] as const) {
      const bytes = await bytesOf(
        await tracking.exportRuns('default', { experiment_ids: [many], order_by: [], columns: wide, format }),
      );
      if (format === 'json') expect(JSON.parse(bytes.toString())).toHaveLength(101);
      else
        expect(
          Number(
            parquetMetadata(
              bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
            ).num_rows,
          ),
        ).toBe(101);
    }
  });

  const pointsOf = async (run: string, asked: object) => {
    const { curves } = await read<{ curves: Curve[] }>(
      tracking.metricPoints('default', {
        runIds: [run],
        keys: ['curve'],
        columns: 10,
        axis: 'step',
        ...asked,
      }),
    );
    return curves[0] as Curve;
  };

  it('keeps the extremes of a downsampled metric, whatever the axis', async () => {
    const { info } = await tracking.createRun(ANONYMOUS, 'default', { experiment_id: experiment });
    const value = (step: number) =>
      step === 437 ? 1e6 : step === 438 ? -1e6 : step === 612 ? Number.NaN : step;
    await tracking.logBatch(ANONYMOUS, 'default', info.run_id, {
      metrics: Array.from({ length: 1000 }, (_, step) => ({
        key: 'curve',
        value: value(step),
        step,
        timestamp: 5_000 + 10 * step,
      })),
    });
    for (const axis of ['step', 'time'] as const) {
      const { points, nan, step, ts, last, low, high } = await pointsOf(info.run_id, { axis });
      expect([points, nan]).toEqual([1000, 1]);
      expect(step).toEqual([99, 199, 299, 399, 499, 599, 699, 799, 899, 999]);
      expect(ts).toEqual(step.map((at) => 5_000 + 10 * at));
      expect(last).toEqual(step);
      expect(low).toEqual([0, 100, 200, 300, -1e6, 500, 600, 700, 800, 900]);
      expect(high).toEqual([99, 199, 299, 399, 1e6, 599, 699, 799, 899, 999]);
    }
    const part = await pointsOf(info.run_id, { from: 610, to: 614 });
    expect([part.points, part.last]).toEqual([5, [610, 611, null, 613, 614]]);
    const [from, to] = [11_100, 11_140];
    expect(await pointsOf(info.run_id, { from, to, axis: 'time' })).toEqual(part);
    expect(await pointsOf(info.run_id, { from: 1000 })).toBeUndefined();
  });

  it('answers curves in the order of the runs, then of the keys, however many pieces they are read in', async () => {
    const runIds: string[] = [];
    for (let at = 0; at < 23; at++) {
      const { info } = await tracking.createRun(ANONYMOUS, 'default', { experiment_id: experiment });
      runIds.push(info.run_id);
      const metrics = ['curve', 'flat'].map((key) => ({ key, value: at, step: 0, timestamp: at }));
      // Half of a piece has nothing of it, one piece has nothing at all.
      if (at < 3 || at > 10)
        await tracking.logBatch(ANONYMOUS, 'default', info.run_id, { metrics: metrics.slice(at % 2) });
    }
    const keys = ['curve', 'flat', 'never'];
    const { curves } = await read<{ curves: (Curve & { run_id: string; key: string })[] }>(
      tracking.metricPoints('default', { runIds, keys, columns: 10, axis: 'step' }),
    );
    const logged = [...runIds.keys()].filter((at) => at < 3 || at > 10);
    expect(curves.map(({ run_id, key, last }) => [run_id, key, last])).toEqual(
      logged.flatMap((at) => (at % 2 ? ['flat'] : ['curve', 'flat']).map((key) => [runIds[at], key, [at]])),
    );
    expect(
      await read(tracking.metricPoints('default', { runIds, keys: ['never'], columns: 9, axis: 'step' })),
    ).toEqual({
      curves: [],
    });
  });

  it('bears steps that lie as far apart as numbers can, and many points at one step', async () => {
    const { info } = await tracking.createRun(ANONYMOUS, 'default', { experiment_id: experiment });
    const far = Number.MAX_SAFE_INTEGER;
    await tracking.logBatch(ANONYMOUS, 'default', info.run_id, {
      metrics: [
        ...[0, 1, 2, far - 1, far].map((step) => ({ key: 'curve', value: step, step, timestamp: 0 })),
        ...Array.from({ length: 20 }, (_, at) => ({ key: 'flat', value: at, step: 0, timestamp: at })),
      ],
    });
    expect(await pointsOf(info.run_id, { columns: 3 })).toMatchObject({
      points: 5,
      step: [2, far],
      low: [0, far - 1],
    });
    expect(await pointsOf(info.run_id, { keys: ['flat'] })).toMatchObject({
      points: 20,
      nan: 0,
      step: [0],
      ts: [19],
      last: [19],
      low: [0],
      high: [19],
    });
    expect((await pointsOf(info.run_id, { keys: ['flat'], axis: 'time' })).last).toHaveLength(10);
  });

  it('moves what matches or what is named to the trash, and all of that comes back at once', async () => {
    const trash = (asked: object) =>
      tracking.trashRuns(ANONYMOUS, 'default', {
        action: 'delete',
        experiment_ids: [experiment],
        ...asked,
      });
    const names = async (view: 'ACTIVE_ONLY' | 'DELETED_ONLY') =>
      (await search({ columns: [], view, filter: "run_name LIKE 'run _'" }))
        .map((run) => run.info.run_name)
        .sort();
    expect((await trash({ run_ids: [ids[5]] })).changed).toBe(1);
    const gone = await trash({ filter: 'metrics.auc < 0.15' });
    expect(gone).toMatchObject({ changed: 2, more: false });
    expect(await names('DELETED_ONLY')).toEqual(['run 0', 'run 1', 'run 5']);
    // A clock that has not moved on would make both one: then all three come back.
    expect((await trash({ action: 'restore', deleted_at: gone.deleted_at })).changed).toBeGreaterThanOrEqual(
      2,
    );
    expect(await names('ACTIVE_ONLY')).toEqual(expect.arrayContaining(['run 0', 'run 1']));
    await trash({ action: 'restore' });
    expect(await names('DELETED_ONLY')).toEqual([]);
  });

  it('keeps named views of a project', async () => {
    await tracking.putRunView(ANONYMOUS, 'default', 'best', 'q=a');
    await tracking.putRunView(ANONYMOUS, 'default', 'best', 'q=b');
    expect(await tracking.listRunViews('default')).toMatchObject([{ name: 'best', state: 'q=b' }]);
    await tracking.deleteRunView(ANONYMOUS, 'default', 'best');
    expect(await tracking.listRunViews('default')).toEqual([]);
    await expect(tracking.deleteRunView(ANONYMOUS, 'default', 'best')).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});

it('writes no cell that a spreadsheet runs', () => {
  expect(['=1+1', '-0.5', '+x', '@a', 'a,b', 'plain', '-'].map(csvCell)).toEqual([
    "'=1+1",
    '-0.5',
    "'+x",
    "'@a",
    '"a,b"',
    'plain',
    "'-",
  ]);
});
