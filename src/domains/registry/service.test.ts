import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { openBlobs } from '../../artifacts/index.ts';
import { createEvents, createSignals, type Events } from '../../events/index.ts';
import { urn } from '../../lib/urn.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { createLineage, type LineageService } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import { createTracking, type TrackingService } from '../tracking/service.ts';
import type { ProtectedChange } from './policy.ts';
import { insertEvaluation } from './store/evaluations.ts';
import { createRegistry, type RegistryService } from './service.ts';

const P = 'default';
const MLMODEL = `flavors: {sklearn: {}}\nsignature: {inputs: '[{"type": "double", "name": "a"}]'}\n`;

describe.each(ENGINES)('registry on %s', (engine) => {
  let test: TestDatabase;
  let events: Events;
  let lineage: LineageService;
  let tracking: TrackingService;
  let registry: RegistryService;
  const asked: ProtectedChange[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'rondo-registry-'));

  beforeAll(async () => {
    test = await testDatabase(engine);
    const { database } = test;
    events = await createEvents(database);
    lineage = createLineage(database);
    const blobs = await openBlobs({ folder });
    const projects = createProjects(database, events);
    const signals = createSignals();
    tracking = createTracking({ database, events, signals, blobs, lineage, projects });
    registry = createRegistry({
      database,
      events,
      blobs,
      lineage,
      tracking,
      protection: {
        async protects(_project, name) {
          const guardedName = 'alias' in name ? name.alias === 'live' : name.stage === 'Production';
          if (!guardedName) return 'free';
          return { request: async (_tx, _actor, change) => asked.push(change) };
        },
      },
    });
  });
  afterAll(async () => {
    await test.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('counts models and prompts with their versions, and knows when one changed last', async () => {
    const project = 'counted';
    await createProjects(test.database, events).describe(ANONYMOUS, project, 'Its models are counted.');
    expect(await registry.countModels(project, false)).toEqual({ models: 0, versions: 0, newest_change: 0 });
    for (const name of ['a', 'b']) await registry.createModel(ANONYMOUS, project, { name });
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await registry.createModel(ANONYMOUS, project, { name: 'p', tags });
    for (let at = 0; at < 3; at++)
      await registry.createVersion(ANONYMOUS, project, 'a', { source: 's3://elsewhere/model' });
    await registry.deleteVersion(ANONYMOUS, project, 'a', '2');
    const { last_updated_timestamp } = await registry.getModel(project, 'a');
    const models = await registry.countModels(project, false);
    expect(models).toMatchObject({ models: 2, versions: 2 });
    expect(models.newest_change).toBeGreaterThanOrEqual(last_updated_timestamp);
    expect(await registry.countModels(project, true)).toMatchObject({ models: 1, versions: 0 });
  });

  it('says how good models are: by the newest judgement, else by what the run of the newest version logged', async () => {
    const names = ['judged', 'logged', 'silent', 'bare'];
    for (const name of names) await registry.createModel(ANONYMOUS, P, { name });
    const version = async (name: string, keys: readonly string[]) => {
      const { run, model_id } = await logModel();
      await tracking.logBatch(ANONYMOUS, P, run, {
        metrics: keys.map((key, at) => ({ key, value: at, timestamp: 1, step: 0 })),
      });
      return registry.createVersion(ANONYMOUS, P, name, {
        source: `models:/${model_id}`,
        model_id,
        run_id: run,
      });
    };
    await version('judged', ['loss']);
    await version('logged', ['old']);
    const { run_id } = await version('logged', ['system/cpu', 'z', 'b']);
    await version('silent', []);
    const estimate = (value: number) => ({ value, low: value - 1, high: value + 1, n: 7 });
    const judge = (of: number, champion: number | null, value: number) =>
      test.database.write((tx) =>
        insertEvaluation(tx, {
          project: P,
          model: 'judged',
          version: of,
          champion,
          loss: 'log_loss',
          label: 'y',
          n: 7,
          dataset: 'd',
          dataset_version: 1,
          dataset_digest: 'dd',
          model_digest: 'md',
          created_at: value,
          pairs: {},
          slices: [],
          trained_on: [],
          reports: {
            candidate: {
              n: 7,
              calibration: [],
              roc: [],
              confusion: null,
              scores: { edges: [], counts: [] },
              metrics: { log_loss: estimate(value), auc: estimate(0) },
            },
          },
        }),
      );
    await judge(1, null, 1);
    await judge(2, 1, 2);
    await judge(2, null, 3);
    await judge(1, 1, 4);
    const ofJudged = {
      project: P,
      model: 'judged',
      version: 2,
      model_digest: 'md',
      loss: 'log_loss',
      dataset: 'd',
      dataset_version: 1,
      dataset_digest: 'dd',
    };
    expect(await registry.newestMetrics(P, [...names, 'never'])).toEqual([
      { model: 'judged', judgement: { ...ofJudged, estimate: estimate(2) } },
      {
        model: 'logged',
        logged: { version: 2, run_id, metric: { key: 'b', value: 2, timestamp: 1, step: 0 } },
      },
    ]);
    expect(await registry.newestMetrics(P, [])).toEqual([]);
  });

  async function logModel(files: Record<string, string> = { MLmodel: MLMODEL, 'model.pkl': 'one' }) {
    const { info: run } = await tracking.createRun(ANONYMOUS, P, {});
    const { info } = await tracking.createLoggedModel(ANONYMOUS, P, {
      experiment_id: '0',
      name: 'model',
      source_run_id: run.run_id,
    });
    for (const [path, text] of Object.entries(files)) await put(info.model_id, path, text);
    return { run: run.run_id, model_id: info.model_id };
  }
  const put = (model: string, path: string, text: string) =>
    tracking.uploadArtifact(ANONYMOUS, P, `0/models/${model}/artifacts/${path}`, bytes(text));
  async function* bytes(text: string) {
    yield Buffer.from(text);
  }
  const register = (name: string, model_id: string) =>
    registry.createVersion(ANONYMOUS, P, name, { source: `models:/${model_id}`, model_id });
  const read = async (uri: string, path: string) => {
    const file = await tracking.openArtifact(P, `${uri.replace('mlflow-artifacts:/', '')}/${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of file.body as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it('copies in what a client wrote past the server, where the server can read it', async () => {
    const { database } = test;
    // The default experiment is this server's own.
    await tracking.assertProject(P);
    const root = pathToFileURL(join(folder, 'outside')).href;
    const shared = { database, events, lineage, blobs: await openBlobs({ folder }) };
    const projects = createProjects(database, events);
    const past = createTracking({ ...shared, signals: createSignals(), projects, defaultArtifactRoot: root });
    const models = createRegistry({
      ...shared,
      tracking: past,
      protection: { protects: async () => 'free' },
    });
    const experiment_id = await past.createExperiment(ANONYMOUS, P, { name: 'outside' });
    const { info: run } = await past.createRun(ANONYMOUS, P, { experiment_id });
    const { info } = await past.createLoggedModel(ANONYMOUS, P, {
      experiment_id,
      name: 'model',
      source_run_id: run.run_id,
    });
    const write = (uri: string, path: string, text: string) => {
      const file = join(fileURLToPath(uri), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    };
    write(info.artifact_uri, 'MLmodel', MLMODEL);
    write(info.artifact_uri, 'data/model.pkl', 'one');
    write(run.artifact_uri, 'old/MLmodel', MLMODEL);
    await models.createModel(ANONYMOUS, P, { name: 'outside' });
    const of = { source: `models:/${info.model_id}`, model_id: info.model_id };
    const version = await models.createVersion(ANONYMOUS, P, 'outside', of);
    const { run_id } = run;
    await models.createVersion(ANONYMOUS, P, 'outside', { source: `runs:/${run_id}/old`, run_id });
    // What came through this server lies beside what did not.
    await past.uploadArtifact(ANONYMOUS, P, `${experiment_id}/${run_id}/artifacts/sent.txt`, bytes('sent'));
    await models.createVersion(ANONYMOUS, P, 'outside', { source: `runs:/${run_id}`, run_id });
    write(info.artifact_uri, 'data/model.pkl', 'changed');
    const files = async (number: number) =>
      (await models.manifestOf({ project: P, name: 'outside', version: number }))?.files.map(
        ({ path }) => path,
      );
    expect(await files(1)).toEqual(['MLmodel', 'data/model.pkl']);
    expect(await files(2)).toEqual(['MLmodel']);
    expect(await files(3)).toEqual(['old/MLmodel', 'sent.txt']);
    expect(version.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await read(await models.downloadUri(P, 'outside', '1'), 'data/model.pkl')).toBe('one');
    await past.deleteExperiment(ANONYMOUS, P, experiment_id);
  });

  it('freezes what a version serves, whatever happens to the model afterwards', async () => {
    await registry.createModel(ANONYMOUS, P, { name: 'frozen' });
    const { model_id, run } = await logModel();
    const version = await register('frozen', model_id);
    expect(version).toMatchObject({ version: '1', run_id: run, model_id, status: 'READY' });
    await put(model_id, 'model.pkl', 'two');
    const uri = await registry.downloadUri(P, 'frozen', '1');
    expect(await read(uri, 'model.pkl')).toBe('one');
    await expect(
      tracking.uploadArtifact(ANONYMOUS, P, `${uri.replace('mlflow-artifacts:/', '')}/model.pkl`, bytes('x')),
    ).rejects.toThrow('frozen');
    await expect(
      tracking.deleteArtifact(ANONYMOUS, P, `${uri.replace('mlflow-artifacts:/', '')}/model.pkl`),
    ).rejects.toThrow('frozen');
    const again = await register('frozen', model_id);
    expect(again.digest).not.toBe(version.digest);
    const manifest = await registry.manifestOf({ project: P, name: 'frozen', version: 1 });
    expect(manifest?.digest).toBe(version.digest);
    expect(manifest?.files.map((file) => file.path)).toEqual(['MLmodel', 'model.pkl']);
    const ref = { project: P, name: 'frozen', version: 1 };
    expect(await registry.contentsOf(ref)).toMatchObject({
      digest: (await registry.manifestOf(ref))?.digest,
      signature: { inputs: (await registry.signatureOf(ref))?.inputs },
      flavors: await registry.flavorsOf(ref),
    });
    expect((await registry.signatureOf(ref))?.inputs).toEqual([
      { name: 'a', type: 'double', required: true },
    ]);
    expect(await registry.flavorsOf(ref)).toEqual(['sklearn']);
    expect((await registry.modelFile(ref, 'model.pkl')).size).toBe(3);
  });

  it('takes files from a run, by path or by the name of a model it logged, and copies versions', async () => {
    await registry.createModel(ANONYMOUS, P, { name: 'sources' });
    const { run } = await logModel({ MLmodel: MLMODEL });
    await tracking.putRunArtifact(ANONYMOUS, P, run, 'old/MLmodel', bytes('flavors: {}'));
    const version = (source: string, run_id?: string) =>
      registry.createVersion(ANONYMOUS, P, 'sources', { source, run_id });
    const files = async (number: number) =>
      (await registry.manifestOf({ project: P, name: 'sources', version: number }))?.files.map((f) => f.path);
    await version(`runs:/${run}/old`, run);
    await version(`runs:/${run}/model`, run);
    await version(`mlflow-artifacts:/0/${run}/artifacts/old`, run);
    await version('models:/sources/1');
    for (const number of [1, 2, 3, 4]) expect(await files(number), String(number)).toEqual(['MLmodel']);
    const foreign = await version('s3://bucket/model');
    expect(foreign.digest).toBeUndefined();
    expect(await registry.downloadUri(P, 'sources', 5)).toBe('s3://bucket/model');
    const owner = 'The run_id request parameter must identify the resource that contains the source.';
    await expect(version(`runs:/${run}/old`)).rejects.toThrow(owner);
    await expect(version(`runs:/${run}/old`, 'another')).rejects.toThrow(owner);
    await expect(version('mlflow-artifacts:/0/elsewhere', run)).rejects.toThrow(owner);
    await expect(version('models:/m-00')).rejects.toThrow('The model_id request parameter must identify');
    expect((await registry.getModel(P, 'sources')).latest_versions?.[0]?.version).toBe('5');
  });

  it('gives each of 20 simultaneous versions its own number, and makes one model of 50 creators', async () => {
    const made = await Promise.allSettled(
      Array.from({ length: 50 }, () => registry.createModel(ANONYMOUS, P, { name: 'race' })),
    );
    expect(made.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    const versions = await Promise.all(
      Array.from({ length: 20 }, () => registry.createVersion(ANONYMOUS, P, 'race', { source: 's3://b/x' })),
    );
    expect(new Set(versions.map((version) => version.version)).size).toBe(20);
    await registry.deleteVersion(ANONYMOUS, P, 'race', 20);
    const next = await registry.createVersion(ANONYMOUS, P, 'race', { source: 's3://b/x' });
    expect(next.version).toBe('21');
  });

  it('moves aliases, tells of it, and drops them with their version', async () => {
    await registry.createModel(ANONYMOUS, P, { name: 'aliased' });
    for (let count = 0; count < 2; count++)
      await registry.createVersion(ANONYMOUS, P, 'aliased', { source: 's3://b/x' });
    await registry.setAlias(ANONYMOUS, P, 'aliased', 'champion', '1');
    await registry.setAlias(ANONYMOUS, P, 'aliased', 'champion', '2');
    expect((await registry.getVersionByAlias(P, 'aliased', 'champion')).version).toBe('2');
    const [told] = await events.recent({ types: ['model.alias.set'] });
    expect(told?.data).toMatchObject({ name: 'aliased', alias: 'champion', version: 2, before: 1 });
    await registry.deleteVersion(ANONYMOUS, P, 'aliased', 2);
    await expect(registry.getVersionByAlias(P, 'aliased', 'champion')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: 'Registered model alias champion not found.',
    });
    await expect(registry.getVersion(P, 'aliased', 2)).rejects.toThrow(
      'Model Version (name=aliased, version=2) not found',
    );
    await registry.renameModel(ANONYMOUS, P, 'aliased', 'renamed');
    expect((await registry.getVersion(P, 'renamed', 1)).name).toBe('renamed');
  });

  it('refuses a protected alias or stage and says which request stands for the wish', async () => {
    await registry.createModel(ANONYMOUS, P, { name: 'guarded' });
    const { model_id } = await logModel();
    const { digest } = await register('guarded', model_id);
    asked.length = 0;
    await expect(registry.setAlias(ANONYMOUS, P, 'guarded', 'live', 1)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      status: 403,
      message: "alias 'live' is protected; promotion request 1 was opened",
    });
    await expect(
      registry.transitionStage(ANONYMOUS, P, 'guarded', 1, 'production', true),
    ).rejects.toMatchObject({ message: "stage 'Production' is protected; promotion request 2 was opened" });
    expect(asked).toEqual([
      { project: P, model: 'guarded', version: 1, digest, alias: 'live' },
      { project: P, model: 'guarded', version: 1, digest, stage: 'Production' },
    ]);
    await registry.moveAlias(ANONYMOUS, P, 'guarded', 'live', 1);
    await registry.setAlias(ANONYMOUS, P, 'guarded', 'live', 1);
    await expect(registry.deleteAlias(ANONYMOUS, P, 'guarded', 'live')).rejects.toMatchObject({
      status: 403,
    });
    await expect(registry.deleteVersion(ANONYMOUS, P, 'guarded', 1)).rejects.toMatchObject({ status: 403 });
    await expect(registry.deleteModel(ANONYMOUS, P, 'guarded')).rejects.toMatchObject({ status: 403 });
    expect((await registry.getVersionByAlias(P, 'guarded', 'live')).version).toBe('1');
  });

  it('walks from a version to its run', async () => {
    await registry.createModel(ANONYMOUS, P, { name: 'walked' });
    const { model_id, run } = await logModel();
    await register('walked', model_id);
    const graph = await lineage.walk(urn('model-version', 'walked', 1), { direction: 'up' });
    expect(graph.nodes.map((node) => node.urn)).toEqual(
      expect.arrayContaining([urn('run', run), urn('logged-model', model_id), urn('model', 'walked')]),
    );
    expect(graph.nodes.every((node) => node.title !== null)).toBe(true);
  });

  it('searches models and versions, prompts only when asked', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await registry.createModel(ANONYMOUS, P, { name: 'find-a', tags: [{ key: 'team', value: 'blue' }] });
    await registry.createModel(ANONYMOUS, P, { name: 'find-b' });
    await registry.createModel(ANONYMOUS, P, { name: 'find-prompt', tags });
    await registry.createVersion(ANONYMOUS, P, 'find-prompt', { source: 'dummy-source', tags });
    for (let count = 0; count < 3; count++)
      await registry.createVersion(ANONYMOUS, P, 'find-a', {
        source: `s3://b/${count}`,
        tags: [{ key: 'n', value: String(count) }],
      });
    const models = async (filter: string, orderBy?: string[]) =>
      (await registry.searchModels(P, { filter, ...(orderBy ? { orderBy } : {}) })).items.map((m) => m.name);
    expect(await models("name LIKE 'find-%'")).toEqual(['find-a', 'find-b']);
    expect(await models("name ILIKE 'FIND-%'", ['name DESC'])).toEqual(['find-b', 'find-a']);
    expect(await models("tags.team = 'blue'")).toEqual(['find-a']);
    const prompts = "tags.`mlflow.prompt.is_prompt` = 'true'";
    expect(await models(`name LIKE 'find-%' AND ${prompts}`)).toEqual(['find-prompt']);
    expect(await models("name LIKE 'find-%' AND tags.`mlflow.prompt.is_prompt` != 'true'")).toHaveLength(2);
    const versions = async (filter: string, orderBy: string[] = []) =>
      (await registry.searchVersions(P, { filter, orderBy })).items.map((version) => version.version);
    expect(await versions("name = 'find-a'")).toEqual(['3', '2', '1']);
    expect(await versions("name = 'find-a' AND version_number > 1", ['version_number ASC'])).toEqual([
      '2',
      '3',
    ]);
    expect(await versions("tags.n = '1'")).toEqual(['2']);
    expect(await versions("source_path = 's3://b/0'")).toEqual(['1']);
    const first = await registry.searchVersions(P, { filter: "name = 'find-a'", limit: 2 });
    const rest = await registry.searchVersions(P, {
      filter: "name = 'find-a'",
      limit: 2,
      token: first.token,
    });
    expect(rest.items.map((version) => version.version)).toEqual(['1']);
  });

  it('keeps prompts and models apart by name, and finds the newest version as `latest`', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await registry.createModel(ANONYMOUS, P, { name: 'apart', tags });
    await expect(registry.createModel(ANONYMOUS, P, { name: 'apart', tags })).rejects.toThrow(
      'Prompt (name=apart) already exists.',
    );
    await expect(registry.createModel(ANONYMOUS, P, { name: 'apart' })).rejects.toThrow(
      "Tried to create a registered model with name 'apart', but the name is already taken by a prompt.",
    );
    await expect(registry.getVersionByAlias(P, 'apart', 'latest')).rejects.toThrow(
      'Latest version not found for model apart.',
    );
    for (const source of ['dummy-source', 'prompt-template'])
      await registry.createVersion(ANONYMOUS, P, 'apart', { source, tags });
    expect(await registry.getVersionByAlias(P, 'apart', 'Latest')).toMatchObject({ version: '2' });

    const names = async (clause: string) =>
      (await registry.searchModels(P, { filter: `name = 'apart' AND ${clause}` })).items.length;
    const tag = 'tags.`mlflow.prompt.is_prompt`';
    expect(await names(`${tag} != 'false'`)).toBe(1);
    expect(await names(`${tag} IS NOT NULL`)).toBe(1);
    expect(await names(`${tag} = 'True'`)).toBe(0);
    expect(await names(`${tag} = 'false'`)).toBe(0);
    expect(await names(`${tag} IS NULL`)).toBe(0);
    await registry.deleteModelTag(ANONYMOUS, P, 'apart', 'mlflow.prompt.is_prompt');
    expect(await names(`${tag} IS NULL`)).toBe(1);
  });
});
