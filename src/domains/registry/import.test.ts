import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import type { Events } from '../../events/index.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import type { TrackingService } from '../tracking/service.ts';
import { ImportedRegistered } from './schema/import.ts';
import { createRegistry, type RegistryService } from './service.ts';

const P = 'default';
const times = { created_at: 100, updated_at: 200 };

describe.each(ENGINES)('importing models on %s', (engine) => {
  let test: TestTracking;
  let events: Events;
  let tracking: TrackingService;
  let registry: RegistryService;
  const asked: unknown[] = [];

  beforeAll(async () => {
    test = await testTracking(engine);
    ({ tracking } = test);
    ({ events } = test.ground);
    registry = createRegistry({
      ...test.ground,
      tracking,
      protection: {
        async protects(_project, name) {
          const free = 'alias' in name ? name.alias !== 'live' : name.stage !== 'Production';
          return free ? 'free' : { request: async (_tx, _actor, change) => asked.push(change) };
        },
      },
    });
  });
  afterAll(async () => {
    await test.end();
  });

  async function bring(given: object) {
    const whole = ImportedRegistered.parse({ name: 'wine', ...times, ...given });
    const results = await registry.importModel(ANONYMOUS, P, whole);
    return Object.fromEntries(results.map(({ id, outcome }) => [id, outcome]));
  }

  it('keeps numbers, stages, times and aliases, freezes files, and does nothing twice', async () => {
    const { info } = await tracking.createRun(ANONYMOUS, P, {});
    const bytes = async function* () {
      yield Buffer.from('flavors: {sklearn: {}}');
    };
    await tracking.uploadArtifact(ANONYMOUS, P, `0/${info.run_id}/artifacts/model/MLmodel`, bytes());
    const version = {
      version: 3,
      source: `runs:/${info.run_id}/model`,
      files_at: `${info.artifact_uri}/model`,
      run_id: info.run_id,
      stage: 'Staging',
      user_id: 'bob',
      ...times,
      tags: [{ key: 'ok', value: 'yes' }],
    };
    const given = { last_version: 5, versions: [version], aliases: [{ alias: 'champion', version: 3 }] };
    const before = await events.newest();
    expect(await bring(given)).toEqual({
      wine: 'imported',
      'wine/3': 'imported',
      'wine@champion': 'imported',
    });
    expect(await bring(given)).toEqual({ wine: 'present', 'wine/3': 'present', 'wine@champion': 'present' });
    const told = await test.ground.database.read
      .selectFrom('events')
      .select('type')
      .where('id', '>', before.id)
      .execute();
    expect(told).toEqual([{ type: 'registry.imported' }]);
    const found = await registry.getVersionByAlias(P, 'wine', 'champion');
    expect(found).toMatchObject({
      version: '3',
      current_stage: 'Staging',
      creation_timestamp: 100,
      last_updated_timestamp: 200,
      user_id: 'bob',
    });
    const manifest = await registry.manifestOf({ project: P, name: 'wine', version: 3 });
    expect(manifest?.files).toMatchObject([{ path: 'MLmodel' }]);
    const next = await registry.createVersion(ANONYMOUS, P, 'wine', {
      source: `runs:/${info.run_id}/model`,
      run_id: info.run_id,
    });
    expect(next.version).toBe('6');
  });

  it('leaves aliases alone that were moved here, and asks for those that are protected', async () => {
    const versions = [1, 2].map((version) => ({
      version,
      source: 's3://b/m',
      stage: 'Production',
      ...times,
    }));
    expect(
      await bring({ name: 'guarded', versions, aliases: [{ alias: 'live', version: 1 }] }),
    ).toMatchObject({ 'guarded/1': 'imported', 'guarded@live': 'refused' });
    expect(asked).toHaveLength(3);
    expect(await registry.getVersion(P, 'guarded', 1)).toMatchObject({ current_stage: 'None' });
    await registry.setAlias(ANONYMOUS, P, 'guarded', 'mine', 2);
    expect(
      await bring({
        name: 'guarded',
        aliases: [
          { alias: 'mine', version: 1 },
          { alias: 'v9', version: 1 },
          { alias: 'gone', version: 8 },
        ],
      }),
    ).toEqual({
      guarded: 'present',
      'guarded@mine': 'refused',
      'guarded@v9': 'refused',
      'guarded@gone': 'refused',
    });
  });

  it('does not take one version for another of the same number', async () => {
    const version = { version: 1, source: 's3://b/m', run_id: 'one', ...times };
    await bring({ name: 'twice', versions: [version] });
    expect(await bring({ name: 'twice', versions: [{ ...version, run_id: 'other' }] })).toEqual({
      twice: 'present',
      'twice/1': 'refused',
    });
  });

  it('brings prompts in as prompts', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    const versions = [{ version: 1, source: 'dummy-source', ...times, tags }];
    await bring({ name: 'greeting', tags, versions });
    const found = await registry.searchModels(P, { filter: "tags.`mlflow.prompt.is_prompt` = 'true'" });
    expect(found.items.map(({ name }) => name)).toEqual(['greeting']);
  });

  it('freezes later what was not there at first', async () => {
    const { info } = await tracking.createRun(ANONYMOUS, P, {});
    const at = `${info.artifact_uri}/late`;
    const given = { name: 'late', versions: [{ version: 1, source: 's3://b/m', files_at: at, ...times }] };
    await bring(given);
    expect(await registry.manifestOf({ project: P, name: 'late', version: 1 })).toBeUndefined();
    const bytes = async function* () {
      yield Buffer.from('x');
    };
    await tracking.uploadArtifact(ANONYMOUS, P, `0/${info.run_id}/artifacts/late/MLmodel`, bytes());
    expect(await bring(given)).toMatchObject({ 'late/1': 'changed' });
    expect((await registry.manifestOf({ project: P, name: 'late', version: 1 }))?.files).toHaveLength(1);
  });
});
