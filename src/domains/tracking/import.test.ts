import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import type { Events } from '../../events/index.ts';
import type { JsonBytes } from '../../lib/contract/index.ts';
import { systemActor } from '../identity/schema.ts';
import { byPlace, digestRun, SeriesDigest } from './import-digest.ts';
import type { Metric } from './schema.ts';
import { ImportedRun, type RunDigest } from './schema/import.ts';
import type { TrackingService } from './service.ts';
import { storedValue } from './store/metrics.ts';

const P = 'default';
const ANN = systemActor('ann');
const RUN = 'a'.repeat(32);

const imported = (given: Partial<ImportedRun> = {}) =>
  ImportedRun.parse({ run_id: RUN, experiment_id: '0', status: 'FINISHED', start_time: 1000, ...given });
const json = <T>({ bytes }: JsonBytes) => JSON.parse(bytes.toString()) as T;

describe.each(ENGINES)('importing on %s', (engine) => {
  let test: TestTracking;
  let events: Events;
  let tracking: TrackingService;

  beforeAll(async () => {
    test = await testTracking(engine);
    ({ tracking } = test);
    ({ events } = test.ground);
  });
  afterAll(async () => {
    await test.end();
  });

  const bring = async (...runs: ImportedRun[]) =>
    (await tracking.importRuns(ANN, P, runs)).map(({ outcome }) => outcome);
  const points = (run_id: string, key: string, list: readonly (readonly [number, number, number])[]) =>
    tracking.importPoints(ANN, P, [
      {
        run_id,
        key,
        steps: list.map(([step]) => step),
        times: list.map(([, ts]) => ts),
        values: list.map(([, , value]) => value),
      },
    ]);
  const digests = async (...ids: string[]) =>
    json<{ runs: RunDigest[] }>(await tracking.importDigests(P, ids)).runs;

  it('keeps a free number of an experiment, and new ones are numbered behind it', async () => {
    const one = { id: '70', name: 'kept', lifecycle: 'deleted' as const, created_at: 5, tags: [] };
    const [kept] = await tracking.importExperiments(ANN, P, [one]);
    expect(kept).toEqual({ id: '70', outcome: 'imported', experiment_id: '70' });
    expect(await tracking.getExperiment(P, '70')).toMatchObject({
      name: 'kept',
      lifecycle_stage: 'deleted',
      creation_time: 5,
    });
    const [again, taken, long] = await tracking.importExperiments(ANN, P, [
      { ...one, tags: [{ key: 'team', value: 'a' }] },
      { ...one, name: 'number taken' },
      { ...one, id: '453284752347523847', name: 'of a folder' },
    ]);
    expect(again).toMatchObject({ outcome: 'changed', experiment_id: '70' });
    expect(Number(taken?.experiment_id)).toBeGreaterThan(70);
    expect(Number(long?.experiment_id)).toBeGreaterThan(70);
    expect(Number(await tracking.createExperiment(ANN, P, { name: 'new' }))).toBeGreaterThan(71);
    expect((await tracking.importExperiments(ANN, P, [{ ...one, name: 'bad\u0007' }]))[0]).toMatchObject({
      outcome: 'refused',
    });
  });

  it('brings a run in as it was, and adds only what is missing', async () => {
    const given = imported({
      name: 'old',
      user_id: 'bob',
      end_time: 2000,
      lifecycle: 'deleted',
      params: [{ key: 'lr', value: '0.1' }],
      tags: [{ key: 'mlflow.runName', value: 'old' }],
    });
    expect(await bring(given)).toEqual(['imported']);
    expect(await bring(given)).toEqual(['present']);
    const more = { ...given, params: [...given.params, { key: 'depth', value: '3' }] };
    expect(await bring(more)).toEqual(['changed']);
    const { info, data } = await tracking.getRun(P, RUN);
    expect(info).toMatchObject({
      run_name: 'old',
      user_id: 'bob',
      start_time: 1000,
      end_time: 2000,
      status: 'FINISHED',
      lifecycle_stage: 'deleted',
      artifact_uri: `mlflow-artifacts:/0/${RUN}/artifacts`,
    });
    expect(data.params).toHaveLength(2);
    const [other] = await tracking.importRuns(ANN, P, [{ ...given, params: [{ key: 'lr', value: '9' }] }]);
    expect(other).toMatchObject({ outcome: 'present', why: 'Other values here: lr.' });
    expect(await tracking.importRuns(ANN, 'other', [{ ...given, experiment_id: '0' }])).toMatchObject([
      { outcome: 'refused', why: 'Another project has a run of this id.' },
    ]);
    expect(await bring({ ...given, run_id: 'b'.repeat(32), experiment_id: '999' })).toEqual(['refused']);
  });

  it('lets a run end that ran when it was brought in', async () => {
    const run_id = 'c'.repeat(32);
    await bring(imported({ run_id, status: 'RUNNING' }));
    await points(run_id, 'loss', [[0, 1, 0.5]]);
    expect(await bring(imported({ run_id, status: 'FAILED', end_time: 9 }))).toEqual(['changed']);
    expect(await tracking.getRunInfo(P, run_id)).toMatchObject({ status: 'FAILED', end_time: 9 });
  });

  it('keeps every point once, with what is known of the series, and digests what it keeps', async () => {
    const run_id = 'd'.repeat(32);
    await bring(imported({ run_id, params: [{ key: 'a', value: '1' }], lifecycle: 'deleted' }));
    const list = Array.from({ length: 2500 }, (_, step) => [step, step * 10, Math.sin(step)] as const);
    const odd = [
      [7, 70, Number.NaN],
      [7, 70, Number.POSITIVE_INFINITY],
      [3, 99, -0],
    ] as const;
    expect(await points(run_id, 'loss', list)).toBe(2500);
    expect(await points(run_id, 'loss', [...odd, ...list, ...odd])).toBe(3);
    const own = new SeriesDigest();
    const all = [...list, ...odd].map(([step, ts, value]) => ({ step, ts, ...storedValue(value) }));
    for (const point of all.sort(byPlace)) own.add(point);
    const metrics = [{ key: 'loss', points: 2503, digest: own.end() }];
    expect(await digests(run_id, 'missing')).toEqual([
      digestRun(run_id, { params: [{ key: 'a', value: '1' }], tags: [], metrics }),
    ]);
    const { data } = await tracking.getRun(P, run_id);
    expect(data.metrics).toMatchObject([{ key: 'loss', step: 2499, timestamp: 24_990 }]);
    const found = json<{ metrics: Metric[] }>(await tracking.metricHistory(P, run_id, 'loss')).metrics;
    expect(found).toHaveLength(2503);
    expect(found.filter(({ value }) => value === 'NaN')).toHaveLength(1);
    await expect(points(run_id, 'loss/../x', [[0, 0, 0]])).rejects.toMatchObject({ status: 400 });
    await expect(points('e'.repeat(32), 'loss', [[0, 0, 0]])).rejects.toMatchObject({ status: 404 });
  });

  it('brings in logged models with their metrics, and says whose a taken id is', async () => {
    const model = {
      model_id: `m-${'1'.repeat(32)}`,
      experiment_id: '0',
      name: 'forest',
      model_type: 'Agent',
      source_run_id: RUN,
      status: 'LOGGED_MODEL_READY' as const,
      status_message: null,
      lifecycle: 'active' as const,
      created_at: 100,
      updated_at: 200,
      params: [{ key: 'n', value: '1' }],
      tags: [],
      metrics: [
        { key: 'f1', run_id: RUN, step: 0, timestamp: 1, value: 0.5, dataset_name: '', dataset_digest: '' },
      ],
    };
    const bringIn = async (project: string) => (await tracking.importLoggedModels(ANN, project, [model]))[0];
    expect(await bringIn(P)).toMatchObject({ outcome: 'imported' });
    expect(await bringIn(P)).toMatchObject({ outcome: 'present' });
    expect(await bringIn('other')).toMatchObject({ outcome: 'refused' });
    const { info, data } = await tracking.getLoggedModel(P, model.model_id);
    expect(info).toMatchObject({ creation_timestamp_ms: 100, last_updated_timestamp_ms: 200 });
    expect(data.metrics).toHaveLength(1);
  });

  it('lists files below a location, of this project only', async () => {
    const run_id = RUN;
    const bytes = async function* () {
      yield Buffer.from('hello');
    };
    await tracking.uploadArtifact(ANN, P, `0/${run_id}/artifacts/a/b.txt`, bytes());
    const uri = `mlflow-artifacts:/0/${run_id}/artifacts`;
    expect(await tracking.importFiles(P, uri)).toMatchObject([{ path: 'a/b.txt', size: 5 }]);
    expect(await tracking.importFiles(P, `${uri}/a`)).toMatchObject([{ path: 'b.txt' }]);
    await expect(tracking.importFiles('other', uri)).rejects.toMatchObject({ status: 404 });
    await expect(tracking.importFiles(P, 's3://elsewhere')).rejects.toMatchObject({ status: 400 });
  });

  it('tells of a request once, and of nothing when nothing changed', async () => {
    const before = await events.newest();
    const many = Array.from({ length: 45 }, (_, index) =>
      imported({ run_id: String(index).padStart(32, '0') }),
    );
    await bring(...many);
    await bring(...many);
    const told = await test.ground.database.read
      .selectFrom('events')
      .select(['type', 'data'])
      .where('id', '>', before.id)
      .execute();
    expect(told.map(({ type, data }) => [type, JSON.parse(data)])).toEqual([
      ['tracking.imported', { kind: 'runs', imported: 45, changed: 0, refused: 0 }],
    ]);
  });
});
