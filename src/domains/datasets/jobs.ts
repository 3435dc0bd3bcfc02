import type { BlobStore } from '../../artifacts/index.ts';
import type { Signals } from '../../events/index.ts';
import type { JobOutcome, JobWorker } from '../../jobs/index.ts';
import { sourceUrn, type ImportProgress, type ImportRequest } from './schema.ts';
import { scanFolder } from './folder.ts';
import { readFiles } from './reader.ts';
import { findSource, listSourceFiles, markScanned, saveSourceFile } from './store/sources.ts';
import { draftVersion, recordVersion, type VersionGround } from './versions.ts';

export const IMPORT_JOB = 'datasets.import';
export const SCAN_JOB = 'datasets.scan';

interface ImportPayload {
  project: string;
  dataset: string;
  request: ImportRequest;
  actor: string;
}
interface ScanPayload {
  project: string;
  source: string;
}

export type Progress = Pick<ImportProgress, 'phase' | 'files_done' | 'files' | 'rows' | 'bytes'>;

export interface JobsGround extends VersionGround {
  blobs: BlobStore;
  signals: Signals;
  /** Live progress of the imports that run in this process, by job id. */
  progress: Map<string, Progress>;
}

export function handleJobs(jobs: JobWorker, ground: JobsGround): void {
  jobs.handle<ImportPayload>(
    IMPORT_JOB,
    ({ job, signal }) => runImport(ground, job.id, job.payload, signal),
    {
      leaseMs: 60_000,
    },
  );
  jobs.handle<ScanPayload>(SCAN_JOB, ({ job, signal }) => runScan(ground, job.payload, signal), {
    leaseMs: 60_000,
  });
}

async function runImport(
  ground: JobsGround,
  id: string,
  { project, dataset, request, actor }: ImportPayload,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const tell = (change: Partial<Progress>) => {
    const start: Progress = {
      phase: 'reading',
      files_done: 0,
      files: request.files.length,
      rows: 0,
      bytes: 0,
    };
    const progress = { ...(ground.progress.get(id) ?? start), ...change };
    ground.progress.set(id, progress);
    ground.signals.emit(project, `dataset.import:${id}`, { job: id, project, dataset, ...progress });
  };
  tell({});
  try {
    const read = await readFiles(ground, request.files, {
      ...request,
      dataset,
      signal,
      onFile: (files_done, rows, bytes) => tell({ files_done, rows, bytes }),
    });
    const draft = await draftVersion(ground, { project, dataset }, read, {
      signal,
      onPhase: (phase) => tell({ phase }),
    });
    const inputs = request.files.map(({ digest, name }) => ({ digest, name }));
    const outcome: { result?: unknown; write: NonNullable<NonNullable<JobOutcome>['write']> } = {
      write: async (tx) => {
        const recorded = await recordVersion(ground, tx, draft, {
          actor,
          note: request.note,
          tags: request.tags,
          inputs,
          derivedFrom: [],
        });
        outcome.result = {
          ...recorded,
          digest: draft.digest,
          rows: read.parts.reduce((sum, part) => sum + part.rows, 0),
          skipped: read.skipped,
        };
      },
    };
    return outcome;
  } finally {
    ground.progress.delete(id);
  }
}

/** Imports what is new in a source's folder, one version per file, oldest name first. A file that fails is not tried again until it changes. */
async function runScan(ground: JobsGround, payload: ScanPayload, signal: AbortSignal): Promise<JobOutcome> {
  const { project, source: name } = payload;
  const source = await findSource(ground.database.read, project, name);
  if (!source) return { result: { files: 0 } };
  const known = await listSourceFiles(ground.database.read, project, name);
  const found = await scanFolder(ground.blobs, source.spec, known);
  for (const file of found) {
    if (signal.aborted) throw new Error('The server is stopping.');
    const seen = { path: file.path, size: file.size, modified_at: file.modified_at, digest: file.digest };
    const twin = known.find((other) => other.digest === file.digest && other.version !== null);
    if (twin) {
      await ground.database.write((tx) =>
        saveSourceFile(tx, project, name, { ...seen, version: twin.version, error: null }),
      );
      continue;
    }
    await importFile(ground, { project, name, actor: source.created_by, spec: source.spec }, seen, signal);
  }
  return {
    result: { files: found.length },
    write: (tx) => markScanned(tx, project, name, Date.now()),
  };
}

async function importFile(
  ground: JobsGround,
  source: {
    project: string;
    name: string;
    actor: string;
    spec: NonNullable<Awaited<ReturnType<typeof findSource>>>['spec'];
  },
  seen: { path: string; size: number; modified_at: number; digest: string },
  signal: AbortSignal,
): Promise<void> {
  const { project, name, spec } = source;
  const file = { digest: seen.digest, name: seen.path };
  try {
    const read = await readFiles(ground, [{ ...file, format: spec.format }], {
      dataset: spec.dataset,
      where: spec.where,
      skip_bad: spec.skip_bad,
      signal,
    });
    const draft = await draftVersion(ground, { project, dataset: spec.dataset }, read, { signal });
    await ground.database.write(async (tx) => {
      const { version } = await recordVersion(ground, tx, draft, {
        actor: source.actor,
        note: `From source ${name}`,
        tags: {},
        inputs: [file],
        derivedFrom: [sourceUrn(project, name)],
      });
      await saveSourceFile(tx, project, name, { ...seen, version, error: null });
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const text = error instanceof Error ? error.message : String(error);
    await ground.database.write(async (tx) => {
      await saveSourceFile(tx, project, name, { ...seen, version: null, error: text });
      await ground.events.append(tx, {
        type: 'dataset.source.failed',
        source: 'datasets',
        subject: sourceUrn(project, name),
        project,
        data: { file: seen.path, error: text },
      });
    });
  }
}
