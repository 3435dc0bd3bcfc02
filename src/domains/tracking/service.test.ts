import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import type { Events } from '../../events/index.ts';
import type { JsonBytes } from '../../lib/contract/index.ts';
import { urn } from '../../lib/urn.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import type { Metric, MetricInput } from './schema.ts';
import type { TrackingService } from './service.ts';

const point = (key: string, value: number, step = 0, timestamp = 1000): MetricInput => ({
  key,
  value,
  step,
  timestamp,
});

const pointsIn = ({ bytes }: JsonBytes) =>
  (JSON.parse(bytes.toString()) as { metrics?: Metric[] }).metrics ?? [];

describe.each(ENGINES)('tracking on %s', (engine) => {
  let test: TestTracking;
  let events: Events;
  let lineage: LineageService;
  let tracking: TrackingService;

  beforeAll(async () => {
    test = await testTracking(engine);
    ({ tracking } = test);
    ({ lineage } = test.ground);
    ({ events } = test.ground);
  });
  afterAll(async () => {
    await test.end();
  });

  const start = (given = {}, project = 'default') => tracking.createRun(ANONYMOUS, project, given);
  const log = (run: string, metrics: MetricInput[]) =>
    tracking.logBatch(ANONYMOUS, 'default', run, { metrics });
  const latest = async (run: string) => {
    const { data } = await tracking.getRun('default', run);
    return Object.fromEntries((data.metrics ?? []).map((metric) => [metric.key, metric.value]));
  };

  it('has experiment 0 from the first use, and one default experiment in each project', async () => {
    expect((await tracking.getExperiment('default', '0')).name).toBe('Default');
    const elsewhere = await tracking.getExperiment('other', '0');
    expect(elsewhere).toMatchObject({ name: 'Default', workspace: 'other' });
    expect(elsewhere.experiment_id).not.toBe('0');
    await expect(tracking.getExperiment('nowhere', '0')).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  it('makes one row of 50 creators of one name', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => tracking.createExperiment(ANONYMOUS, 'default', { name: 'race' })),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' });
    const found = await tracking.searchExperiments('default', { filter: "name = 'race'" });
    expect(found.items).toHaveLength(1);
  });

  it('keeps everything 20 writers log to one run at once', async () => {
    const { info } = await start({ run_name: 'busy' });
    await Promise.all(
      Array.from({ length: 20 }, async (_, writer) => {
        for (let step = 0; step < 5; step++) {
          await tracking.logBatch(ANONYMOUS, 'default', info.run_id, {
            metrics: [point('shared', writer, step, 2000 + writer), point(`own-${writer}`, step, step)],
            params: [{ key: `p${writer}`, value: 'x' }],
            tags: [{ key: 'last', value: String(writer) }],
          });
        }
      }),
    );
    expect(await latest(info.run_id)).toMatchObject({ shared: 19, 'own-0': 4, 'own-19': 4 });
    expect(pointsIn(await tracking.metricHistory('default', info.run_id, 'shared'))).toHaveLength(100);
    expect((await tracking.getRun('default', info.run_id)).data.params).toHaveLength(20);
  });

  it('keeps NaN, the infinities and every bit of a double, and the newest by step, time and value', async () => {
    const { info } = await start();
    await log(info.run_id, [
      point('nan', Number.NaN),
      point('up', Number.POSITIVE_INFINITY),
      point('down', Number.NEGATIVE_INFINITY),
      point('exact', 0.1 + 0.2),
      point('tiny', 5e-324),
      point('order', 1, 5, 10),
      point('order', 9, 4, 99),
      point('order', 2, 5, 10),
      point('minus', 3, -4, 7),
    ]);
    await log(info.run_id, [point('order', 0.5, 5, 9), point('order', 2, 5, 10)]);
    expect(await latest(info.run_id)).toEqual({
      nan: 'NaN',
      up: Number.MAX_VALUE,
      down: -Number.MAX_VALUE,
      exact: 0.30000000000000004,
      tiny: 5e-324,
      order: 2,
      minus: 3,
    });
    expect(pointsIn(await tracking.metricHistory('default', info.run_id, 'order'))).toHaveLength(4);
  });

  it('pages a history, and samples it with its first and last point', async () => {
    const { info } = await start();
    await log(
      info.run_id,
      Array.from({ length: 1000 }, (_, step) => point('m', step, step, 1000 + step)),
    );
    const seen: number[] = [];
    for (let token: string | undefined; ; ) {
      const page = await tracking.metricHistory('default', info.run_id, 'm', { limit: 300, token });
      seen.push(...pointsIn(page).map((metric) => metric.step));
      token = (JSON.parse(page.bytes.toString()) as { next_page_token?: string }).next_page_token;
      if (!token) break;
    }
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, step) => step));
    const sampled = async (limit: number, steps?: [number, number]) =>
      pointsIn(await tracking.sampledHistory('default', [info.run_id], 'm', limit, steps));
    const few = await sampled(10);
    expect(few).toHaveLength(10);
    expect([few[0]?.step, few.at(-1)?.step]).toEqual([0, 999]);
    const [only] = await sampled(1);
    expect(only?.step).toBe(999);
    expect(await sampled(500, [10, 19])).toHaveLength(10);
    await expect(
      tracking.metricHistory('default', info.run_id, 'm', { limit: 2, token: 'x' }),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  });

  it('refuses a batch as a whole', async () => {
    const { info } = await start();
    await tracking.logParam(ANONYMOUS, 'default', info.run_id, { key: 'p', value: '1' });
    await expect(
      tracking.logBatch(ANONYMOUS, 'default', info.run_id, {
        metrics: [point('m', 1)],
        params: [{ key: 'p', value: '2' }],
        tags: [{ key: 't', value: 'x' }],
      }),
    ).rejects.toThrow(
      `Params were already logged='[{'key': 'p', 'old_value': '1', 'new_value': '2'}]' for run ID='${info.run_id}'.`,
    );
    const { data } = await tracking.getRun('default', info.run_id);
    expect(data.metrics).toBeUndefined();
    expect(data.tags?.map((tag) => tag.key)).toEqual(['mlflow.runName']);
  });

  it('keeps the name of a run and its tag alike', async () => {
    const { info } = await start({ run_name: 'one' });
    await tracking.setTag(ANONYMOUS, 'default', info.run_id, { key: 'mlflow.runName', value: 'two' });
    expect((await tracking.getRunInfo('default', info.run_id)).run_name).toBe('two');
    await tracking.updateRun(ANONYMOUS, 'default', info.run_id, { run_name: 'three' });
    const { data } = await tracking.getRun('default', info.run_id);
    expect(data.tags).toContainEqual({ key: 'mlflow.runName', value: 'three' });
  });

  it('tells of starts and ends, and links code, data and models', async () => {
    const commit = 'c0ffee';
    const { info } = await start({ tags: [{ key: 'mlflow.source.git.commit', value: commit }] });
    const dataset = (name: string, source: string, context: string) => ({
      tags: [{ key: 'mlflow.data.context', value: context }],
      dataset: { name, digest: 'd1', source_type: 'rondo', source },
    });
    await tracking.logInputs(ANONYMOUS, 'default', info.run_id, {
      datasets: [
        dataset('a', '{"uri": "rondo:dataset-version:flights/1"}', 'training'),
        dataset('b', 'rondo:dataset-version:flights/2', 'test'),
        dataset('c', 'https://elsewhere/x.csv', 'training'),
      ],
    });
    await tracking.endRun(ANONYMOUS, 'default', info.run_id);
    await tracking.endRun(ANONYMOUS, 'default', info.run_id);
    const { links } = await lineage.walk(urn('run', info.run_id), { direction: 'up' });
    expect(links.map((link) => `${link.relation} ${link.to}`)).toEqual(
      expect.arrayContaining([
        'ran-at rondo:commit:c0ffee',
        'trained-on rondo:dataset-version:flights/1',
        'evaluated-on rondo:dataset-version:flights/2',
      ]),
    );
    const told = await events.recent({ subject: urn('run', info.run_id) });
    expect(told.map((event) => event.type)).toEqual(['run.ended', 'run.started']);
    expect((await tracking.getRun('default', info.run_id)).inputs.dataset_inputs).toHaveLength(3);
    const summaries = await tracking.summarizeDatasets('default', ['0']);
    expect(summaries).toContainEqual({ experiment_id: '0', name: 'b', digest: 'd1', context: 'test' });
  });

  it('shows a run to its own project only', async () => {
    const { info } = await start();
    await expect(tracking.getRun('other', info.run_id)).rejects.toThrow(
      `Run with id=${info.run_id} not found`,
    );
    await expect(tracking.openArtifact('other', `0/${info.run_id}/artifacts/x`)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  describe('search', () => {
    let experiment: string;
    const ids: string[] = [];
    beforeAll(async () => {
      experiment = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'searched' });
      for (let index = 0; index < 12; index++) {
        const { info } = await start({
          experiment_id: experiment,
          run_name: `run-${index}`,
          start_time: 1000 + index,
          tags: [{ key: 'half', value: index < 6 ? 'low' : 'High' }],
        });
        ids.push(info.run_id);
        await tracking.logParam(ANONYMOUS, 'default', info.run_id, { key: 'i', value: String(index) });
        if (index !== 4) await log(info.run_id, [point('score', index === 3 ? Number.NaN : index / 4)]);
        if (index % 4 === 0) await tracking.endRun(ANONYMOUS, 'default', info.run_id, 'FAILED', 5000 + index);
      }
    });

    const found = async (filter?: string, orderBy: string[] = [], limit?: number) => {
      const numbers: number[] = [];
      for (let token: string | undefined; ; ) {
        const page = await tracking.searchRuns('default', {
          experimentIds: [experiment],
          filter,
          orderBy,
          limit,
          token,
        });
        numbers.push(...page.items.map((run) => ids.indexOf(run.info.run_id)));
        token = page.token;
        if (!token) return numbers;
      }
    };

    it.each<[string, number[]]>([
      ['metrics.score > 2.4', [11, 10]],
      ['metrics.score >= 0.25 AND metrics.score < 0.75', [2, 1]],
      ['metrics.score = 0', [0]],
      ['metrics.score != 0', [11, 10, 9, 8, 7, 6, 5, 2, 1]],
      ['metrics.score IS NULL', [4]],
      ['NOT metrics.score > 0.3', [4, 3, 1, 0]],
      ["params.i = '7'", [7]],
      ["params.i IN ('2', '5')", [5, 2]],
      ["params.none = 'x'", []],
      ["params.none != 'x'", []],
      ["tags.half LIKE 'h%'", []],
      ["tags.half ILIKE 'h%'", [11, 10, 9, 8, 7, 6]],
      ["tags.half LIKE 'Hi\\%'", []],
      ["status = 'FAILED'", [8, 4, 0]],
      ["run_name = 'run-3' OR params.i = '9'", [9, 3]],
      ["(run_name = 'run-3' OR params.i = '9') AND tags.half = 'low'", [3]],
      ['start_time > 1009', [11, 10]],
      ['start_time > 1009.5', [11, 10]],
      ['end_time > 5003', [8, 4]],
      ['end_time IS NULL AND start_time < 1003', [2, 1]],
      ["run_name MATCHES 'run-1[01]$'", [11, 10]],
    ])('%s', async (filter, expected) => {
      expect(await found(filter)).toEqual(expected);
    });

    it('is not held up by a pattern that backtracks without end elsewhere', async () => {
      const slow = { key: 'slow', value: `${'a'.repeat(60)}!` };
      await tracking.setTag(ANONYMOUS, 'default', ids[0] as string, slow);
      expect(await found("tags.slow MATCHES '^(a+)+$'")).toEqual([]);
    });

    it.each([
      [['metrics.score DESC'], [11, 10, 9, 8, 7, 6, 5, 2, 1, 0, 3, 4]],
      [['metrics.score ASC'], [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 3, 4]],
      [['params.i ASC'], [0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9]],
      [
        ['tags.half ASC', 'start_time ASC'],
        [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5],
      ],
      [
        ['end_time DESC', 'run_name'],
        [8, 4, 0, 1, 10, 11, 2, 3, 5, 6, 7, 9],
      ],
      [[], [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    ])('sorts by %j, page by page as in one piece', async (orderBy, expected) => {
      expect(await found(undefined, orderBy)).toEqual(expected);
      expect(await found(undefined, orderBy, 5)).toEqual(expected);
      expect(await found(undefined, orderBy, 1)).toEqual(expected);
    });

    it('refuses the page token of another search', async () => {
      const page = await tracking.searchRuns('default', { experimentIds: [experiment], limit: 2 });
      await expect(
        tracking.searchRuns('default', {
          experimentIds: [experiment],
          token: page.token,
          orderBy: ['metrics.score'],
        }),
      ).rejects.toThrow('Invalid page token');
    });

    it('leaves deleted runs out until they are asked for', async () => {
      const victim = ids[2] as string;
      await tracking.deleteRun(ANONYMOUS, 'default', victim);
      expect(await found("params.i = '2'")).toEqual([]);
      const scope = { experimentIds: [experiment], view: 'DELETED_ONLY' as const };
      expect((await tracking.searchRuns('default', scope)).items.map((run) => run.info.run_id)).toEqual([
        victim,
      ]);
      await expect(log(victim, [point('m', 1)])).rejects.toThrow("must be in the 'active' state");
      await tracking.restoreRun(ANONYMOUS, 'default', victim);
      expect(await found("params.i = '2'")).toEqual([2]);
    });
  });

  it('keeps models with params, tags and metrics, and searches them', async () => {
    const experiment_id = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'models' });
    const { info: run } = await start({ experiment_id });
    const made: string[] = [];
    for (const c of ['a', 'b', 'c']) {
      const { info } = await tracking.createLoggedModel(ANONYMOUS, 'default', {
        experiment_id,
        name: `model-${c}`,
        source_run_id: run.run_id,
        params: [{ key: 'c', value: c }],
        tags: [{ key: 'kind', value: 'tree' }],
      });
      made.push(info.model_id);
    }
    const [a = '', b = '', c = ''] = made;
    await log(run.run_id, [
      { ...point('auc', 0.7), model_id: a, dataset_name: 'd1' },
      { ...point('auc', 0.9), model_id: b, dataset_name: 'd1' },
      { ...point('auc', 0.1), model_id: b, dataset_name: 'd2', timestamp: 2000 },
    ]);
    await tracking.finalizeLoggedModel(ANONYMOUS, 'default', b, 'LOGGED_MODEL_READY');
    const search = async (more: object) =>
      (await tracking.searchLoggedModels('default', { experimentIds: [experiment_id], ...more })).items.map(
        (model) => model.info.model_id,
      );
    expect(await search({ filter: "params.c = 'a'" })).toEqual([a]);
    expect(await search({ filter: "status = 'LOGGED_MODEL_READY'" })).toEqual([b]);
    const all = expect.arrayContaining([a, b, c]) as unknown;
    expect(await search({ filter: `experiment_id = ${experiment_id} AND lifecycle_stage = active` })).toEqual(
      all,
    );
    expect(
      await search({ filter: `artifact_location LIKE '%${c}%' AND status_message IS NULL AND` }),
    ).toEqual([c]);
    expect(await search({ filter: 'creation_timestamp_ms > 0', orderBy: [{ field_name: 'name' }] })).toEqual(
      all,
    );
    expect(await search({ filter: 'metrics.auc > 0.5' })).toEqual(expect.arrayContaining([a, b]));
    expect(await search({ orderBy: [{ field_name: 'metrics.auc', ascending: false }] })).toEqual([a, b, c]);
    expect(
      await search({ orderBy: [{ field_name: 'metrics.auc', ascending: false, dataset_name: 'd1' }] }),
    ).toEqual([b, a, c]);
    expect(await search({ datasets: [{ name: 'd2', digest: undefined }] })).toEqual([b]);
    const model = await tracking.getLoggedModel('default', b);
    expect(model.data.metrics).toHaveLength(2);
    await tracking.deleteLoggedModel(ANONYMOUS, 'default', c);
    await expect(tracking.getLoggedModel('default', c)).rejects.toThrow(
      `Logged model with ID '${c}' not found.`,
    );
  });

  it('cuts a param and a tag that are too long, by characters, and finds the cut value again', async () => {
    const { info } = await tracking.createRun(ANONYMOUS, 'default', { run_name: 'long' });
    const long = '🙂'.repeat(8001);
    await tracking.logParam(ANONYMOUS, 'default', info.run_id, { key: 'p', value: long });
    await tracking.logParam(ANONYMOUS, 'default', info.run_id, { key: 'p', value: long });
    await tracking.setTag(ANONYMOUS, 'default', info.run_id, { key: 't', value: long });
    await tracking.logBatch(ANONYMOUS, 'default', info.run_id, { params: [{ key: 'q', value: long }] });
    const { data } = await tracking.getRun('default', info.run_id);
    const lengths = [...(data.params ?? []), ...(data.tags ?? [])].map(({ key, value }) => [
      key,
      Array.from(value).length,
    ]);
    expect(Object.fromEntries(lengths)).toMatchObject({ p: 6000, q: 6000, t: 8000 });
  });

  it('logs no metric to the model of another project', async () => {
    const { experiment_id } = await tracking.getExperiment('other', '0');
    const { info } = await tracking.createLoggedModel(ANONYMOUS, 'other', { experiment_id, name: 'theirs' });
    const { info: mine } = await start();
    await log(mine.run_id, [{ ...point('auc', 0.7), model_id: info.model_id }]);
    expect((await tracking.getLoggedModel('other', info.model_id)).data.metrics ?? []).toEqual([]);
    expect(await latest(mine.run_id)).toEqual({ auc: 0.7 });
  });

  it('keeps the params of a logged model as they were first said', async () => {
    const experiment_id = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'kept params' });
    const { info } = await tracking.createLoggedModel(ANONYMOUS, 'default', { experiment_id, name: 'net' });
    const say = (value: string) =>
      tracking.logModelParams(ANONYMOUS, 'default', info.model_id, [{ key: 'depth', value }]);
    await say('3');
    await say('3');
    await expect(say('4')).rejects.toThrow("Param with key='depth' was already logged with value='3'");
    const { data } = await tracking.getLoggedModel('default', info.model_id);
    expect(data.params).toEqual([{ key: 'depth', value: '3' }]);
  });
});
