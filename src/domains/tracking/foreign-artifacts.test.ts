import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { openBlobs } from '../../artifacts/index.ts';
import { createEvents, createSignals } from '../../events/index.ts';
import { systemActor } from '../identity/schema.ts';
import { createLineage } from '../lineage/service.ts';
import { ProjectFile } from '../projects/schema.ts';
import { createProjects } from '../projects/service.ts';
import { createTracking, type TrackingService } from './service.ts';

const ANN = systemActor('ann');

describe('files below the root that clients write to themselves', () => {
  let test: TestDatabase;
  let tracking: TrackingService;
  const folder = mkdtempSync(join(tmpdir(), 'rondo-foreign-'));
  const root = pathToFileURL(join(folder, 'root')).href;

  beforeAll(async () => {
    test = await testDatabase('sqlite');
    const { database } = test;
    mkdirSync(join(folder, 'root'));
    const events = await createEvents(database);
    const projects = createProjects(database, events);
    await projects.apply(ANN, ProjectFile.parse({ project: 'other' }));
    tracking = createTracking({
      database,
      events,
      signals: createSignals(),
      blobs: await openBlobs({ folder: join(folder, 'blobs') }),
      lineage: createLineage(database),
      projects,
      defaultArtifactRoot: root,
    });
  });
  afterAll(async () => {
    await test.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function runWith(files: Record<string, string>) {
    const { info } = await tracking.createRun(ANN, 'default', {});
    const place = fileURLToPath(info.artifact_uri);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(place, path, '..'), { recursive: true });
      writeFileSync(join(place, path), content);
    }
    return { ...info, place };
  }
  const read = async (run: string, path: string, project = 'default') =>
    text((await tracking.openRunArtifact(project, run, path)).body as NodeJS.ReadableStream);

  it('are listed and read', async () => {
    const run = await runWith({ 'a.txt': 'alpha', 'deep/er/b.json': '{}' });
    expect(run.artifact_uri).toBe(`${root}/0/${run.run_id}/artifacts`);
    expect(await tracking.listRunArtifacts('default', run.run_id, '')).toEqual({
      root_uri: run.artifact_uri,
      files: [
        { path: 'a.txt', is_dir: false, file_size: 5 },
        { path: 'deep', is_dir: true },
      ],
    });
    expect((await tracking.listRunArtifacts('default', run.run_id, 'deep/er')).files).toEqual([
      { path: 'deep/er/b.json', is_dir: false, file_size: 2 },
    ]);
    expect(await read(run.run_id, 'a.txt')).toBe('alpha');
    const absent = { code: 'RESOURCE_DOES_NOT_EXIST' };
    await expect(read(run.run_id, 'no.txt')).rejects.toMatchObject(absent);
    await expect(read(run.run_id, 'deep')).rejects.toMatchObject(absent);
    expect((await tracking.listRunArtifacts('default', run.run_id, 'nowhere')).files).toEqual([]);
  });

  it('are shown beside those that came through this server, which count before others of their path', async () => {
    const run = await runWith({ 'a.txt': 'alpha', 'both.txt': 'there', 'deep/b.txt': 'beta' });
    async function* bytes(content: string) {
      yield Buffer.from(content);
    }
    const send = (path: string, content: string) =>
      tracking.uploadArtifact(ANN, 'default', `0/${run.run_id}/artifacts/${path}`, bytes(content));
    await send('both.txt', 'here');
    await send('deep/c.txt', 'gamma');
    const paths = async (folder: string) =>
      (await tracking.listRunArtifacts('default', run.run_id, folder)).files.map(({ path }) => path);
    expect(await paths('')).toEqual(['a.txt', 'both.txt', 'deep']);
    expect(await paths('deep')).toEqual(['deep/b.txt', 'deep/c.txt']);
    expect(await read(run.run_id, 'both.txt')).toBe('here');
    expect(await read(run.run_id, 'deep/c.txt')).toBe('gamma');
    expect(await read(run.run_id, 'deep/b.txt')).toBe('beta');
  });

  it('are never read past the root: not by a path, a link, or a location that a client chose', async () => {
    writeFileSync(join(folder, 'secret'), 'hidden');
    const run = await runWith({ 'a.txt': 'alpha' });
    symlinkSync(join(folder, 'secret'), join(run.place, 'link'));
    symlinkSync(folder, join(run.place, 'up'));
    expect(
      (await tracking.listRunArtifacts('default', run.run_id, '')).files.map(({ path }) => path),
    ).toEqual(['a.txt']);
    await expect(read(run.run_id, 'link')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
    await expect(read(run.run_id, 'up/secret')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
    await expect(read(run.run_id, '../../../secret')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });

    for (const location of [run.artifact_uri, pathToFileURL(folder).href, `${root}/nowhere`]) {
      const experiment_id = await tracking.createExperiment(ANN, 'other', {
        name: location,
        artifact_location: location,
      });
      const { info } = await tracking.createRun(ANN, 'other', { experiment_id });
      const place = fileURLToPath(info.artifact_uri);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'x'), 'hidden');
      expect((await tracking.listRunArtifacts('other', info.run_id, '')).files).toEqual([]);
      await expect(read(info.run_id, 'x', 'other')).rejects.toMatchObject({
        code: 'RESOURCE_DOES_NOT_EXIST',
      });
    }
  });
});
