import type { Database } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { enqueue } from '../../jobs/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import type { ProjectsService } from '../projects/service.ts';
import { DATASET_ERRORS } from './errors.ts';
import { checkFolder, watchFolder } from './folder.ts';
import { SCAN_JOB } from './jobs.ts';
import { type Source, type SourceSpec, sourceUrn } from './schema.ts';
import { findSource, listSourceFiles, listSources, removeSource, saveSource } from './store/sources.ts';

export interface SourcesService {
  /** Creates or changes a source, watches it and scans it. It names a path of the server's machine: `operate` is needed. */
  applySource(actor: Actor, project: string, name: string, spec: SourceSpec): Promise<Source>;
  getSource(project: string, name: string): Promise<Source>;
  listSources(project: string): Promise<Source[]>;
  removeSource(actor: Actor, project: string, name: string): Promise<void>;
  /** Looks for new files; a scan that waits already is not doubled. */
  scanSource(project: string, name: string): Promise<{ job: string }>;
  /** Watches every source's folder from now on, and scans each once. */
  watchSources(): Promise<void>;
  stop(): void;
}

export interface SourcesGround {
  database: Database;
  events: Events;
  projects: ProjectsService;
  dataFolder: string;
}

export function createSources(ground: SourcesGround): SourcesService {
  const { database } = ground;
  const watches = new Map<string, () => void>();
  const keyOf = (project: string, name: string) => `${project}/${name}`;

  async function withFiles(source: Omit<Source, 'files'>): Promise<Source> {
    return { ...source, files: await listSourceFiles(database.read, source.project, source.name) };
  }

  async function get(project: string, name: string): Promise<Source> {
    const source = await findSource(database.read, project, name);
    if (source) return withFiles(source);
    throw new AppError(
      DATASET_ERRORS.SOURCE_UNKNOWN,
      `There is no source '${name}' in project '${project}'.`,
    );
  }

  const scan = (project: string, name: string) =>
    database.write((tx) =>
      enqueue(tx, {
        kind: SCAN_JOB,
        payload: { project, source: name },
        project,
        concurrencyKey: `source:${keyOf(project, name)}`,
      }),
    );

  function watch({ project, name, spec }: Omit<Source, 'files'>): void {
    watches.get(keyOf(project, name))?.();
    const wake = () => void scan(project, name).catch(() => {}); // the database is closing
    watches.set(keyOf(project, name), watchFolder(spec.path, wake));
  }

  return {
    getSource: get,
    async applySource(actor, project, name, spec) {
      await ground.projects.get(project);
      await checkFolder(spec.path, ground.dataFolder);
      const before = await findSource(database.read, project, name);
      const source = {
        project,
        name,
        spec,
        created_at: before?.created_at ?? Date.now(),
        created_by: before?.created_by ?? actor.name,
        scanned_at: before?.scanned_at ?? null,
      };
      await database.write(async (tx) => {
        await saveSource(tx, source);
        await ground.events.append(tx, {
          type: 'dataset.source.applied',
          source: 'datasets',
          subject: sourceUrn(project, name),
          project,
          data: { dataset: spec.dataset, by: actor.name },
        });
      });
      watch(source);
      await scan(project, name);
      return withFiles(source);
    },
    listSources: async (project) => Promise.all((await listSources(database.read, project)).map(withFiles)),
    async removeSource(_actor, project, name) {
      await get(project, name);
      watches.get(keyOf(project, name))?.();
      watches.delete(keyOf(project, name));
      await database.write((tx) => removeSource(tx, project, name));
    },
    async scanSource(project, name) {
      await get(project, name);
      return { job: await scan(project, name) };
    },
    async watchSources() {
      for (const source of await listSources(database.read)) {
        watch(source);
        await scan(source.project, source.name);
      }
    },
    stop() {
      for (const end of watches.values()) end();
      watches.clear();
    },
  };
}
