import { type BlobStore, type ForeignFiles, openForeign } from '../../../artifacts/index.ts';
import { type Database, inlineReads, type LongReads } from '../../../database/index.ts';
import type { Events, Signals } from '../../../events/index.ts';
import type { LineageService } from '../../lineage/service.ts';
import type { ProjectsService } from '../../projects/service.ts';
import { under } from '../artifact-path.ts';
import { absent, badParameter } from '../errors.ts';
import { trackingReads } from '../long-reads.ts';
import { DEFAULT_PROJECT } from '../schema.ts';
import {
  countPast,
  type ExperimentRow,
  findExperiment,
  findExperimentByName,
  insertExperiment,
  updateExperiment,
} from '../store/experiments.ts';
import { MetricKeys, type MetricStore, metricStore } from '../store/metrics.ts';
import { type SeriesStore, seriesStore } from '../store/series.ts';
import { type RunRow, type RunStore, runStore } from '../store/runs.ts';
import type { Reader, Tx } from '../../../database/index.ts';

export interface TrackingGround {
  database: Database;
  events: Events;
  signals: Signals;
  blobs: BlobStore;
  lineage: LineageService;
  projects: ProjectsService;
  /** Where reads of `trackingReads` run; in this thread when left out. */
  reads?: LongReads;
  /** Root that clients write artifacts to themselves; through the server when left out. */
  defaultArtifactRoot?: string | undefined;
}

const DEFAULT_EXPERIMENT = 'Default';

export function foundRun<R extends { project: string }>(
  row: R | undefined,
  project: string,
  runId: string,
): R {
  if (row && row.project === project) return row;
  throw absentRun(runId);
}

export const absentRun = (runId: string) => absent(`Run with id=${runId.slice(0, 300)} not found`);

export function foundExperiment(row: ExperimentRow | undefined, project: string, id: number): ExperimentRow {
  if (row && row.project === project) return row;
  throw absent(`No Experiment with id=${id} exists`);
}

export function activeRun(found: RunRow | undefined, project: string, runId: string): RunRow {
  return activeRow(foundRun(found, project, runId), runId);
}

/** The row that was found for a run, if it is there and not in the trash. */
export function activeRow<R extends Pick<RunRow, 'lifecycle'>>(row: R | undefined, runId: string): R {
  if (!row) throw absentRun(runId);
  if (row.lifecycle === 'active') return row;
  throw badParameter(`The run ${runId} must be in the 'active' state. Current state is ${row.lifecycle}.`);
}

/** What the verbs of this room share: stores, and the ways to find what a request names. */
export class TrackingContext {
  readonly ground: TrackingGround;
  readonly database: Database;
  readonly runs: RunStore;
  readonly metrics: MetricStore;
  readonly series: SeriesStore;
  readonly keys: MetricKeys;
  readonly reads: LongReads;
  /** Files below the root that clients write to themselves. */
  readonly foreign: ForeignFiles | undefined;
  readonly #ready = new Map<string, Promise<number>>();

  constructor(ground: TrackingGround) {
    this.ground = ground;
    this.database = ground.database;
    const { engine } = ground.database.capabilities;
    this.runs = runStore(engine);
    this.metrics = metricStore(engine);
    this.series = seriesStore(engine);
    this.keys = new MetricKeys(ground.database);
    this.foreign = openForeign(ground.defaultArtifactRoot);
    this.reads = ground.reads ?? inlineReads(ground.database, trackingReads);
  }

  /** Number of the project's default experiment, which is made with the first use. Throws for a project that does not exist. */
  ready(project: string): Promise<number> {
    const known = this.#ready.get(project);
    if (known) return known;
    const made = this.#makeDefault(project);
    this.#ready.set(project, made);
    made.catch(() => this.#ready.delete(project));
    return made;
  }

  /** The experiment behind an id as clients send it; `0` and the empty text mean the project's default experiment. */
  async experiment(reader: Reader, project: string, id: string): Promise<ExperimentRow> {
    const number = await this.experimentNumber(project, id);
    return foundExperiment(await findExperiment(reader, project, number), project, number);
  }

  async experimentNumber(project: string, id: string): Promise<number> {
    if (id === '' || id === '0') return this.ready(project);
    if (!/^\d{1,15}$/.test(id))
      throw badParameter(
        `Invalid experiment ID '${id.slice(0, 100)}'. Experiment ID must be a valid integer.`,
      );
    return Number(id);
  }

  async experimentNumbers(project: string, ids: readonly string[]): Promise<number[]> {
    const found: number[] = [];
    for (const id of ids) found.push(await this.experimentNumber(project, id));
    return found;
  }

  async findRun(reader: Reader, project: string, runId: string): Promise<RunRow | undefined> {
    const row = await this.runs.find(reader, runId);
    return row?.project === project ? row : undefined;
  }

  async run(reader: Reader, project: string, runId: string): Promise<RunRow> {
    return foundRun(await this.runs.find(reader, runId), project, runId);
  }

  async activeRun(reader: Reader, project: string, runId: string): Promise<RunRow> {
    return activeRun(await this.runs.find(reader, runId), project, runId);
  }

  /** Default location of a new experiment. */
  location(id: number): string {
    return under(this.ground.defaultArtifactRoot ?? 'mlflow-artifacts:', String(id));
  }

  async insertExperiment(
    tx: Tx,
    row: { id?: number; project: string; name: string; artifact_location?: string | undefined },
  ): Promise<ExperimentRow | undefined> {
    const now = Date.now();
    if (row.id && this.database.capabilities.engine === 'postgres') await countPast(tx, row.id);
    const inserted = await insertExperiment(tx, {
      ...row,
      artifact_location: row.artifact_location ?? '',
      lifecycle: 'active',
      created_at: now,
      updated_at: now,
    });
    if (!inserted || inserted.artifact_location !== '') return inserted;
    const artifact_location = this.location(inserted.id);
    await updateExperiment(tx, inserted.id, { artifact_location });
    return { ...inserted, artifact_location };
  }

  async #makeDefault(project: string): Promise<number> {
    if (!(await this.ground.projects.find(project)))
      throw absent(`Workspace '${project.slice(0, 100)}' not found`);
    const found = await findExperimentByName(this.database.read, project, DEFAULT_EXPERIMENT);
    if (found) return found.id;
    const chosen = project === DEFAULT_PROJECT ? { id: 0 } : {};
    return this.database.write(async (tx) => {
      const made = await this.insertExperiment(tx, { ...chosen, project, name: DEFAULT_EXPERIMENT });
      if (made) return made.id;
      const other = await findExperimentByName(tx, project, DEFAULT_EXPERIMENT);
      if (other) return other.id;
      throw new Error('The default experiment could not be made.');
    });
  }
}
