import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import { urn } from '../../lib/urn.ts';
import { systemActor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import type { TrackingService } from './service.ts';

const P = 'default';
const ANN = systemActor('ann');
const bytes = async function* (text: string) {
  yield Buffer.from(text);
};

describe.each(ENGINES)('the trash on %s', (engine) => {
  let test: TestTracking;
  let tracking: TrackingService;
  let lineage: LineageService;

  beforeAll(async () => {
    test = await testTracking(engine);
    ({ tracking } = test);
    ({ lineage } = test.ground);
    lineage.resolve('model-version', {
      describe: async ([name, version]) => ({
        title: `${name} v${version}`,
        facts: {},
        href: '/m',
        project: P,
      }),
    });
  });
  afterAll(async () => {
    await test.end();
  });

  async function loggedRun(experiment_id: string, file: string) {
    const { info } = await tracking.createRun(ANN, P, { experiment_id });
    const metrics = Array.from({ length: 500 }, (_, step) => ({
      key: 'loss',
      value: step,
      timestamp: step,
      step,
    }));
    await tracking.logBatch(ANN, P, info.run_id, { metrics, params: [{ key: 'a', value: 'b' }] });
    await tracking.putRunArtifact(ANN, P, info.run_id, 'f.txt', bytes(file));
    return info.run_id;
  }
  const rows = async () => {
    const counts: Record<string, number> = {};
    for (const table of [
      'runs',
      'metric_points',
      'metric_latest',
      'run_params',
      'run_tags',
      'logged_models',
      'artifact_names',
      'purged_runs',
    ] as const) {
      const { n } = await test.ground.database.read
        .selectFrom(table)
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow();
      counts[table] = Number(n);
    }
    return counts;
  };

  it('shows what deleting for good removes and what came of it, and removes just that', async () => {
    const experiment = await tracking.createExperiment(ANN, P, { name: 'doomed' });
    const kept = await loggedRun('0', 'shared by two');
    const before = await rows();
    const first = await loggedRun(experiment, 'shared by two');
    await loggedRun(experiment, 'its own');
    const { info: model } = await tracking.createLoggedModel(ANN, P, {
      experiment_id: experiment,
      name: 'm',
      source_run_id: first,
    });
    await test.ground.database.write((tx) =>
      lineage.link(tx, P, urn('model-version', 'late', 1), 'produced-by', urn('run', first)),
    );
    const which = { run_ids: [], experiment_ids: [experiment] };
    expect(await tracking.previewPurge(ANN, P, which)).toMatchObject({
      experiments: 0,
      runs: 0,
      points: 0,
    });

    await tracking.deleteExperiment(ANN, P, experiment);
    const preview = await tracking.previewPurge(ANN, P, which);
    expect(preview).toMatchObject({
      experiments: 1,
      runs: 2,
      logged_models: 1,
      points: 1000,
      files: 2,
      bytes: 20,
      freed_bytes: 7,
      dependents: [{ urn: 'rondo:model-version:late/1', title: 'late v1', href: '/m' }],
      more: false,
    });
    await expect(tracking.purge(ANN, P, { ...which, digest: 'old' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await tracking.purge(ANN, P, { ...which, digest: preview.digest })).toEqual({
      experiments: 1,
      runs: 2,
    });
    await expect(tracking.getRun(P, first)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
    expect((await tracking.searchExperiments(P, { view: 'ALL' })).items.map((each) => each.name)).toEqual([
      'Default',
    ]);
    expect(await tracking.createExperiment(ANN, P, { name: 'doomed' })).not.toBe(experiment);
    await tracking.clearPurged(new AbortController().signal);
    expect(await rows()).toEqual(before);
    expect((await tracking.getRun(P, kept)).data.metrics).toHaveLength(1);
    expect(model.model_id).toBeDefined();
  });

  it('takes nothing that is not in the trash, and not the default experiment', async () => {
    const run = await loggedRun('0', 'x');
    const which = { run_ids: [run], experiment_ids: [] };
    const { digest, runs } = await tracking.previewPurge(ANN, P, which);
    expect(runs).toBe(0);
    expect(await tracking.purge(ANN, P, { ...which, digest })).toEqual({ experiments: 0, runs: 0 });
    expect((await tracking.getRun(P, run)).info.run_id).toBe(run);
    await expect(
      tracking.purge(ANN, P, { run_ids: [], experiment_ids: ['0'], digest }),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
    await tracking.deleteRun(ANN, P, run);
    const all = await tracking.previewPurge(ANN, P, { run_ids: [], experiment_ids: [] });
    expect(all.runs).toBe(1);
  });

  it('says of a name in the trash that it is there', async () => {
    const taken = await tracking.createExperiment(ANN, P, { name: 'taken' });
    const other = await tracking.createExperiment(ANN, P, { name: 'other' });
    const refused = (why: RegExp) => ({
      code: 'RESOURCE_ALREADY_EXISTS',
      message: expect.stringMatching(why) as string,
    });
    const create = () => tracking.createExperiment(ANN, P, { name: 'taken' });
    await expect(create()).rejects.toMatchObject(refused(/already exists\.$/));
    await tracking.deleteExperiment(ANN, P, taken);
    const words = new RegExp(`in the trash\\. Restore experiment ${taken}, or delete it for good`);
    await expect(create()).rejects.toMatchObject(refused(words));
    await expect(tracking.renameExperiment(ANN, P, other, 'taken')).rejects.toMatchObject(refused(words));
  });

  it('moves runs to another experiment, all or none', async () => {
    const to = await tracking.createExperiment(ANN, P, { name: 'target' });
    const from = await tracking.createExperiment(ANN, P, { name: 'origin' });
    const ids = [await loggedRun(from, 'a'), await loggedRun(from, 'b')];
    const dataset = { name: 'rows', digest: 'd1', source_type: 'local', source: 'x' };
    await tracking.logInputs(ANN, P, ids[0] as string, { datasets: [{ dataset }] });
    const { info: model } = await tracking.createLoggedModel(ANN, P, {
      experiment_id: from,
      name: 'm',
      source_run_id: ids[0],
    });
    const named = { run_ids: ids };
    await expect(tracking.moveRuns(ANN, P, { run_ids: [...ids, '0'.repeat(32)] }, to)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
    const there = { moved: 2, from: [{ experiment_id: from, run_ids: ids }], more: false };
    expect(await tracking.moveRuns(ANN, P, named, to)).toEqual(there);
    expect(await tracking.moveRuns(ANN, P, named, to)).toEqual({ moved: 0, from: [], more: false });
    const found = await tracking.searchRuns(P, { experimentIds: [to], orderBy: ['start_time'] });
    expect(found.items.map((run) => run.info.run_id).sort()).toEqual([...ids].sort());
    const [moved = ''] = ids;
    await tracking.deleteExperiment(ANN, P, from);
    const which = { run_ids: [], experiment_ids: [from] };
    const { digest, runs, logged_models } = await tracking.previewPurge(ANN, P, which);
    expect([runs, logged_models]).toEqual([0, 0]);
    await tracking.purge(ANN, P, { ...which, digest });
    const { inputs } = await tracking.getRun(P, moved);
    expect(inputs.dataset_inputs?.map(({ dataset }) => dataset.name)).toEqual(['rows']);
    expect((await tracking.getLoggedModel(P, model.model_id)).info.experiment_id).toBe(to);
    expect((await tracking.getRun(P, moved)).info.artifact_uri).toContain(`/${from}/`);
    expect(await tracking.listRunArtifacts(P, ids[0] as string, '')).toMatchObject({
      files: [{ path: 'f.txt' }],
    });
  });

  it('moves all runs that match, a piece at a time, and leaves the others', async () => {
    const to = await tracking.createExperiment(ANN, P, { name: 'all-target' });
    const from = [
      await tracking.createExperiment(ANN, P, { name: 'all-origin/a' }),
      await tracking.createExperiment(ANN, P, { name: 'all-origin/b' }),
    ];
    const made = Array.from({ length: 1203 }, async (_, at) => {
      const tags = [{ key: 'good', value: at % 400 === 0 ? 'no' : 'yes' }];
      return tracking.createRun(ANN, P, { experiment_id: from[at % 2], run_name: `run ${at}`, tags });
    });
    await Promise.all(made);
    const [gone] = (await tracking.searchRuns(P, { experimentIds: from, filter: "tags.good = 'yes'" })).items;
    await tracking.deleteRun(ANN, P, gone?.info.run_id ?? '');
    // The target is among the experiments that are looked through: what is there already does not move again.
    const matching = { experiment_ids: [...from, to], filter: "tags.good = 'yes'" };
    const moved: { experiment_id: string; run_ids: string[] }[] = [];
    const pieces: number[] = [];
    for (let more = true; more; ) {
      const piece = await tracking.moveRuns(ANN, P, matching, to);
      pieces.push(piece.moved);
      moved.push(...piece.from);
      more = piece.more;
    }
    expect(pieces).toEqual([1000, 198]);
    const where = async (experiment: string) =>
      (await tracking.searchRuns(P, { experimentIds: [experiment], limit: 5000 })).items.length;
    expect([await where(to), await where(from[0] ?? ''), await where(from[1] ?? '')]).toEqual([1198, 4, 0]);
    for (const { experiment_id, run_ids } of moved)
      await tracking.moveRuns(ANN, P, { run_ids }, experiment_id);
    expect(await where(to)).toBe(0);
    expect((await where(from[0] ?? '')) + (await where(from[1] ?? ''))).toBe(1202);
    expect(await tracking.moveRuns(ANN, P, { experiment_ids: [to] }, to)).toMatchObject({
      moved: 0,
      more: false,
    });
    await expect(tracking.moveRuns(ANN, P, { ...matching, filter: 'tags.good =' }, to)).rejects.toMatchObject(
      {
        status: 400,
      },
    );
  });
});
