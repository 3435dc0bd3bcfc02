import type { Analytics } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { Events, Signals } from '../../events/index.ts';
import { enqueue, findJob, type JobWorker } from '../../jobs/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Urn } from '../../lib/urn.ts';
import type { Actor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import type { ProjectsService } from '../projects/service.ts';
import { compare, compareRows } from './compare.ts';
import { DATASET_ERRORS } from './errors.ts';
import { handleJobs, IMPORT_JOB, type Progress } from './jobs.ts';
import { columnType, inferSchema } from './profile.ts';
import { columnsOfParts } from './reader.ts';
import { resolveLineage } from './provenance.ts';
import { type RowsQuery, readRows, type RowsPage } from './rows.ts';
import type {
  Comparison,
  Dataset,
  DatasetVersion,
  ImportProgress,
  ImportRequest,
  Part,
  Suite,
  ValidationReport,
  ValidationSummary,
  VersionSummary,
} from './schema.ts';
import { Suite as SuiteSchema } from './schema.ts';
import { createSources, type SourcesService } from './sources.ts';
import { latestReports, listReports, findReport } from './store/validations.ts';
import {
  type DatasetRow,
  findDataset,
  findVersion,
  listDatasets,
  listVersions,
  lockDataset,
  updateDataset,
  type VersionRow,
} from './store/versions.ts';
import { parseSuite, runSuite, suggestChecks } from './suite.ts';
import { draftVersion, recordReport, recordVersion } from './versions.ts';

export interface DatasetsGround {
  database: Database;
  blobs: BlobStore;
  analytics: Analytics;
  events: Events;
  signals: Signals;
  jobs: JobWorker;
  /** Rondo's own folder, which no source may name. */
  dataFolder: string;
  lineage: LineageService;
  projects: ProjectsService;
}

export interface DatasetsService extends SourcesService {
  /** Starts an import; its outcome is in `getImport`. */
  import(actor: Actor, project: string, name: string, request: ImportRequest): Promise<{ job: string }>;
  getImport(project: string, name: string, job: string): Promise<ImportProgress>;
  list(project: string): Promise<Dataset[]>;
  get(project: string, name: string): Promise<Dataset>;
  update(
    actor: Actor,
    project: string,
    name: string,
    change: Partial<Pick<Dataset, 'description' | 'tags' | 'column_tags'>>,
  ): Promise<Dataset>;
  listVersions(
    project: string,
    name: string,
    page?: { limit?: number; before?: number | undefined },
  ): Promise<VersionSummary[]>;
  /** Throws when the dataset or the version is unknown. */
  getVersion(project: string, name: string, version: number | 'latest'): Promise<DatasetVersion>;
  findVersion(project: string, name: string, version: number | 'latest'): Promise<DatasetVersion | undefined>;
  /** Parquet parts as a version: results of joins and steps. The same content again is the same version. */
  createVersionFromParquet(
    actor: Actor,
    project: string,
    name: string,
    parts: readonly { digest: string }[],
    origin?: { derivedFrom?: readonly Urn[]; note?: string; tags?: Record<string, string> },
  ): Promise<{ version: DatasetVersion; created: boolean }>;
  rows(project: string, name: string, version: number | 'latest', query: RowsQuery): Promise<RowsPage>;
  /** Throws when the part is not one of the version's. */
  getPart(project: string, name: string, version: number | 'latest', index: number): Promise<Part>;
  compare(
    project: string,
    name: string,
    versions: { before: number; after: number },
    key?: readonly string[],
  ): Promise<Comparison>;
  /** YAML or JSON text, or the object; null removes the suite. */
  saveSuite(actor: Actor, project: string, name: string, suite: unknown): Promise<Suite | null>;
  findSuite(project: string, name: string): Promise<Suite | null>;
  suggestChecks(project: string, name: string, version: number | 'latest'): Promise<Suite>;
  /** Runs the dataset's suite, or the given one, on a version and stores the report. */
  validate(
    actor: Actor,
    project: string,
    name: string,
    version: number | 'latest',
    options?: { environment?: string | undefined; suite?: unknown; at?: number | undefined },
  ): Promise<ValidationReport>;
  listReports(project: string, name: string, limit?: number): Promise<ValidationSummary[]>;
  getReport(project: string, name: string, id: string): Promise<ValidationReport>;
}

/** Digests of a version's parts, as `analytics.run({ tables })` takes them. */
export const tableOf = (version: Pick<DatasetVersion, 'parts'>): string[] =>
  version.parts.map((part) => part.digest);

export function createDatasets(ground: DatasetsGround): DatasetsService {
  const { database, analytics } = ground;
  const progress = new Map<string, Progress>();
  handleJobs(ground.jobs, { ...ground, progress });
  resolveLineage(ground.lineage, database);

  async function getRow(project: string, name: string): Promise<DatasetRow> {
    const row = await findDataset(database.read, project, name);
    if (row) return row;
    throw new AppError(
      DATASET_ERRORS.DATASET_UNKNOWN,
      `There is no dataset '${name}' in project '${project}'.`,
    );
  }

  async function find(
    project: string,
    name: string,
    which: number | 'latest',
  ): Promise<DatasetVersion | undefined> {
    const version = which === 'latest' ? (await findDataset(database.read, project, name))?.latest : which;
    const row = version && (await findVersion(database.read, project, name, { version }));
    if (!row) return undefined;
    const reports = await latestReports(database.read, project, name, [row.version]);
    return toVersion(row, reports.get(row.version) ?? null);
  }

  async function get(project: string, name: string, which: number | 'latest'): Promise<DatasetVersion> {
    const version = await find(project, name, which);
    if (version) return version;
    await getRow(project, name);
    const what = which === 'latest' ? 'no version yet' : `no version ${which}`;
    throw new AppError(DATASET_ERRORS.DATASET_VERSION_UNKNOWN, `Dataset '${name}' has ${what}.`);
  }

  async function summaries(
    project: string,
    name: string,
    page: { limit: number; before?: number | undefined },
  ): Promise<VersionSummary[]> {
    const rows = await listVersions(database.read, project, name, page);
    const reports = await latestReports(
      database.read,
      project,
      name,
      rows.map((row) => row.version),
    );
    return rows.map((row) => ({ ...row, validation: reports.get(row.version) ?? null }));
  }

  async function toDataset({ suite: _, latest: __, ...row }: DatasetRow): Promise<Dataset> {
    const [latest] = await summaries(row.project, row.name, { limit: 1 });
    return { ...row, latest: latest ?? null };
  }

  async function suiteOf(project: string, name: string): Promise<Suite | null> {
    const { suite } = await getRow(project, name);
    return suite === null ? null : SuiteSchema.parse(suite);
  }

  return {
    ...createSources(ground),
    async import(actor, project, name, request) {
      await ground.projects.get(project);
      for (const file of request.files) {
        if (await ground.blobs.find(file.digest)) continue;
        throw new AppError(
          DATASET_ERRORS.IMPORT_EMPTY,
          `${file.name} was not uploaded (blob ${file.digest.slice(0, 12)}). Nothing was added to \`${name}\`.`,
        );
      }
      const job = await database.write((tx) =>
        enqueue(tx, {
          kind: IMPORT_JOB,
          payload: { project, dataset: name, request, actor: actor.name },
          project,
          concurrencyKey: `dataset:${project}/${name}`,
          maxAttempts: 3,
        }),
      );
      return { job };
    },
    async getImport(project, name, id) {
      const job = await findJob(database.read, id);
      const payload = job?.payload as { dataset?: string; request?: ImportRequest } | undefined;
      if (!job || job.kind !== IMPORT_JOB || job.project !== project || payload?.dataset !== name) {
        throw new AppError(DATASET_ERRORS.IMPORT_UNKNOWN, `There is no import ${id} of '${name}'.`);
      }
      const start = {
        phase: job.state,
        files_done: 0,
        files: payload.request?.files.length ?? 0,
        rows: 0,
        bytes: 0,
      };
      const result = job.result as Omit<NonNullable<ImportProgress['result']>, 'validation'> | null;
      const reports = result
        ? await latestReports(database.read, project, name, [result.version])
        : undefined;
      return {
        job: id,
        state: job.state,
        ...start,
        ...(job.state === 'running' ? progress.get(id) : {}),
        error: job.error,
        result: result && { ...result, validation: reports?.get(result.version) ?? null },
      };
    },
    async list(project) {
      return Promise.all((await listDatasets(database.read, project)).map(toDataset));
    },
    async get(project, name) {
      return toDataset(await getRow(project, name));
    },
    async update(_actor, project, name, change) {
      await getRow(project, name);
      await database.write((tx) => updateDataset(tx, project, name, change));
      return toDataset(await getRow(project, name));
    },
    listVersions: (project, name, page = {}) =>
      summaries(project, name, { limit: page.limit ?? 100, before: page.before }),
    getVersion: get,
    findVersion: find,
    async createVersionFromParquet(actor, project, name, blobs, origin = {}) {
      const parts = await countParts(
        ground,
        blobs.map((blob) => blob.digest),
      );
      const columns = await columnsOfParts(analytics, parts);
      const draft = await draftVersion(ground, { project, dataset: name }, { parts, columns });
      const { version, created } = await database.write((tx) =>
        recordVersion(ground, tx, draft, {
          actor: actor.name,
          note: origin.note ?? '',
          tags: origin.tags ?? {},
          inputs: [],
          derivedFrom: origin.derivedFrom ?? [],
        }),
      );
      return { version: await get(project, name, version), created };
    },
    rows: async (project, name, version, query) =>
      readRows(analytics, await get(project, name, version), query),
    async getPart(project, name, which, index) {
      const { parts, version } = await get(project, name, which);
      const part = parts[index];
      if (part) return part;
      throw new AppError(
        DATASET_ERRORS.DATASET_VERSION_UNKNOWN,
        `Version ${version} of '${name}' has ${parts.length} parts; there is no part ${index}.`,
      );
    },
    async compare(project, name, versions, key) {
      const before = await get(project, name, versions.before);
      const after = await get(project, name, versions.after);
      const differences = compare(before.profile, after.profile);
      const shared = differences.columns.map((column) => column.name);
      const unknown = key?.find((column) => !shared.includes(column));
      if (unknown !== undefined) {
        throw new AppError(
          DATASET_ERRORS.SQL_REFUSED,
          `The key column '${unknown}' is not in both versions.`,
          {
            hint: 'Name columns that identify a row in both.',
          },
        );
      }
      const rest = shared.filter((column) => !key?.includes(column));
      const parts = { before: tableOf(before), after: tableOf(after) };
      return {
        dataset: name,
        ...versions,
        ...differences,
        rows: key && key.length > 0 ? await compareRows(analytics, parts, key, rest) : null,
      };
    },
    async saveSuite(_actor, project, name, given) {
      await ground.projects.get(project);
      const suite = given === null ? null : parseSuite(given);
      await database.write(async (tx) => {
        await lockDataset(tx, project, name);
        await updateDataset(tx, project, name, { suite });
      });
      return suite;
    },
    findSuite: suiteOf,
    suggestChecks: async (project, name, version) =>
      suggestChecks((await get(project, name, version)).profile),
    async validate(_actor, project, name, which, options = {}) {
      const version = await get(project, name, which);
      const suite = options.suite === undefined ? await suiteOf(project, name) : parseSuite(options.suite);
      if (!suite) {
        throw new AppError(DATASET_ERRORS.SUITE_INVALID, `Dataset '${name}' has no checks.`, {
          hint: 'Save a suite first; one can be suggested from the profile.',
        });
      }
      const previous = version.version > 1 ? await find(project, name, version.version - 1) : undefined;
      const data = {
        project,
        dataset: name,
        version: version.version,
        parts: tableOf(version),
        profile: version.profile,
      };
      const report = await runSuite(
        analytics,
        suite,
        { ...data, previous: previous?.profile },
        { environment: options.environment, ...(options.at === undefined ? {} : { at: options.at }) },
      );
      await database.write((tx) => recordReport(ground, tx, report));
      return report;
    },
    listReports: (project, name, limit = 100) => listReports(database.read, project, name, limit),
    async getReport(project, name, id) {
      const report = await findReport(database.read, id);
      if (report?.project === project && report.dataset === name) return report;
      throw new AppError(DATASET_ERRORS.DATASET_VERSION_UNKNOWN, `There is no validation report ${id}.`);
    },
  };
}

async function countParts(ground: DatasetsGround, digests: readonly string[]): Promise<Part[]> {
  const { rows } = await ground.analytics.run({
    tables: Object.fromEntries(digests.map((digest, i) => [`p${i}`, [digest]])),
    rows: Object.fromEntries(digests.map((_, i) => [`p${i}`, `select count(*) as n from p${i}`])) as Record<
      string,
      string
    >,
  });
  return Promise.all(
    digests.map(async (digest, i) => {
      const blob = await ground.blobs.find(digest);
      return { digest, rows: Number(rows[`p${i}`]?.[0]?.n), bytes: blob?.size ?? 0 };
    }),
  );
}

function toVersion({ manifest, ...row }: VersionRow, validation: ValidationSummary | null): DatasetVersion {
  return {
    ...row,
    validation,
    parts: manifest.parts,
    columns: manifest.schema.map(({ name, type }) => ({ name, type: columnType(type), sql_type: type })),
    schema: inferSchema(row.profile),
  };
}
