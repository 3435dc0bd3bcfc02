import { z } from 'zod';
import { urn, urnIn, type Urn } from '../../lib/urn.ts';

export const Name = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N}._ -]{0,127}$/u,
    "use letters, digits, '.', '_', '-' or blanks, at most 128",
  );
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a digest is 64 lower-case hexadecimal characters');

/** `other` are nested values (lists, structs): kept as they are, counted, not described. */
const COLUMN_TYPES = ['int', 'double', 'string', 'bool', 'timestamp', 'other'] as const;
export const ColumnType = z.enum(COLUMN_TYPES);
export type ColumnType = z.infer<typeof ColumnType>;

export const Column = z.object({ name: z.string(), type: ColumnType, sql_type: z.string() });
export type Column = z.infer<typeof Column>;

export const Part = z.object({ digest: Digest, rows: z.number(), bytes: z.number() });
export type Part = z.infer<typeof Part>;

/** Fixed by the first version of a dataset, so that every later one is counted into the same slots (`lib/statistics/bins`). */
export const Bins = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('numeric'), edges: z.array(z.number()), positions: z.array(z.number()) }),
  z.object({ kind: z.literal('category'), categories: z.array(z.string()) }),
]);
export type Bins = z.infer<typeof Bins>;

const nullable = z.number().nullable();
const Quantiles = z.object({
  p5: z.number(),
  p25: z.number(),
  p50: z.number(),
  p75: z.number(),
  p95: z.number(),
});

/** One column in numbers. Times are epoch ms; `distinct` is estimated (a few per cent off) beyond small tables. */
export const ColumnProfile = z.object({
  name: z.string(),
  type: ColumnType,
  sql_type: z.string(),
  count: z.number(),
  nulls: z.number(),
  /** NaN and infinite values, which no other number here includes. */
  nan: z.number(),
  distinct: z.number(),
  min: nullable,
  max: nullable,
  mean: nullable,
  sd: nullable,
  quantiles: Quantiles.nullable(),
  /** Counts on the bins shared by all versions; null for times and nested values. */
  histogram: z.object({ bins: Bins, counts: z.array(z.number()) }).nullable(),
  /** Equal-width counts over the version's own range, for times. */
  span: z.object({ edges: z.array(z.number()), counts: z.array(z.number()) }).nullable(),
  top: z.array(z.object({ value: z.string(), count: z.number() })),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

export const Profile = z.object({ rows: z.number(), columns: z.array(ColumnProfile) });
export type Profile = z.infer<typeof Profile>;

/** What the data looked like, as a rule for data to come. */
export const SchemaColumn = Column.extend({
  nullable: z.boolean(),
  /** Least share of rows with a value. */
  presence: z.number(),
  domain: z.array(z.string()).nullable(),
  range: z.object({ min: z.number(), max: z.number() }).nullable(),
});
export type SchemaColumn = z.infer<typeof SchemaColumn>;

const FileFormat = z.enum(['parquet', 'csv', 'jsonl']);
export const ImportFile = z.object({
  digest: Digest,
  format: FileFormat,
  /** File name as the user knows it; shown in lineage and errors. */
  name: z.string().min(1).max(300),
});
export type ImportFile = z.infer<typeof ImportFile>;

export const ImportRequest = z
  .object({
    files: z.array(ImportFile).min(1).max(1000),
    /** SQL condition on the columns of the files. */
    where: z.string().min(1).max(10_000).optional(),
    /** One SELECT over the view `input`; instead of `where`. */
    select: z.string().min(1).max(50_000).optional(),
    /** Column → SQL type, for CSV columns whose type should not be guessed. */
    types: z.record(z.string(), z.string().regex(/^[A-Za-z][\w (),]{0,60}$/)).optional(),
    /** Leave out rows that cannot be read and count them, instead of stopping. */
    skip_bad: z.boolean().default(false),
    note: z.string().max(2000).default(''),
    tags: z.record(z.string(), z.string()).default({}),
  })
  .refine((request) => !(request.where && request.select), 'give where or select, not both');
export type ImportRequest = z.infer<typeof ImportRequest>;

const value = z.union([z.string(), z.number(), z.boolean()]);
const common = {
  severity: z.enum(['error', 'warn']).default('error'),
  /** Least share of rows that must pass; 1 = all. */
  mostly: z.number().min(0).max(1).default(1),
  /** Why the expectation exists, or whom to ask. */
  note: z.string().max(500).optional(),
};
const ofColumn = { column: z.string().min(1), ...common };

/**
 * One expectation. A missing value passes every check but `not_null`, so that each says one thing.
 * `in_range` includes its bounds; `matches` is a regular expression over the whole value; `row` is an expression (CEL).
 */
export const Check = z.discriminatedUnion('expect', [
  z.object({ expect: z.literal('not_null'), ...ofColumn }),
  z.object({ expect: z.literal('unique'), ...ofColumn }),
  z.object({
    expect: z.literal('in_range'),
    min: z.number().optional(),
    max: z.number().optional(),
    ...ofColumn,
  }),
  z.object({ expect: z.literal('in_set'), values: z.array(value).min(1).max(10_000), ...ofColumn }),
  z.object({ expect: z.literal('matches'), pattern: z.string().max(1000), ...ofColumn }),
  z.object({ expect: z.literal('type'), type: ColumnType, ...ofColumn }),
  z.object({ expect: z.literal('row'), expression: z.string().min(1).max(2000), ...common }),
  z.object({ expect: z.literal('min_rows'), rows: z.number().int().min(0), ...common }),
  z.object({ expect: z.literal('max_rows'), rows: z.number().int().min(0), ...common }),
  z.object({
    expect: z.literal('max_shift'),
    /** `psi`: on the shared bins. `quantile`: largest move of p5…p95 over the previous version's p5-to-p95 width. */
    by: z.enum(['psi', 'quantile']).default('psi'),
    limit: z.number().positive().default(0.2),
    ...ofColumn,
  }),
  z.object({
    expect: z.literal('fresh'),
    /** The newest value of this time column may be at most so many hours old. */
    hours: z.number().positive(),
    ...ofColumn,
  }),
]);
export type Check = z.infer<typeof Check>;

export const Suite = z.object({
  checks: z.array(Check).min(1).max(500),
  /** Environment → columns that are absent there (the label, when serving): their checks are skipped. */
  environments: z.record(z.string(), z.object({ absent: z.array(z.string()) })).default({}),
});
export type Suite = z.infer<typeof Suite>;

export const CheckResult = z.object({
  check: Check,
  /** The expectation in words: `delay is between -100 and 3000`. */
  title: z.string(),
  state: z.enum(['passed', 'failed', 'skipped']),
  /** Rows that break it; null for checks that do not look at single rows. */
  bad_rows: z.number().nullable(),
  share: z.number().nullable(),
  /** What was found, in words. */
  observed: z.string(),
  /** Up to 20 of the offending rows. */
  sample: z.array(z.record(z.string(), z.unknown())),
});
export type CheckResult = z.infer<typeof CheckResult>;

export const ValidationSummary = z.object({
  id: z.string(),
  version: z.number(),
  passed: z.number(),
  failed: z.number(),
  warned: z.number(),
  skipped: z.number(),
  created_at: z.number(),
});
export type ValidationSummary = z.infer<typeof ValidationSummary>;

export const ValidationReport = ValidationSummary.extend({
  project: z.string(),
  dataset: z.string(),
  environment: z.string().nullable(),
  rows: z.number(),
  /** Failed errors first, then failed warnings, then the rest in the suite's order. */
  results: z.array(CheckResult),
});
export type ValidationReport = z.infer<typeof ValidationReport>;

const ColumnComparison = z.object({
  name: z.string(),
  /** Population stability index on the shared bins; null where there are none. */
  psi: z.number().nullable(),
  /** The customary reading of PSI: below 0.1 same, above 0.2 shifted. */
  verdict: z.enum(['same', 'moved', 'shifted', 'unknown']),
  before: ColumnProfile,
  after: ColumnProfile,
});
export const Comparison = z.object({
  dataset: z.string(),
  before: z.number(),
  after: z.number(),
  added: z.array(Column),
  removed: z.array(Column),
  retyped: z.array(z.object({ name: z.string(), before: z.string(), after: z.string() })),
  columns: z.array(ColumnComparison),
  /** Present when a key was named. */
  rows: z
    .object({
      key: z.array(z.string()),
      added: z.number(),
      removed: z.number(),
      changed: z.number(),
      same: z.number(),
    })
    .nullable(),
});
export type Comparison = z.infer<typeof Comparison>;

export const VersionSummary = z.object({
  project: z.string(),
  dataset: z.string(),
  version: z.number(),
  digest: Digest,
  rows: z.number(),
  bytes: z.number(),
  note: z.string(),
  tags: z.record(z.string(), z.string()),
  created_at: z.number(),
  created_by: z.string(),
  validation: ValidationSummary.nullable(),
});
export type VersionSummary = z.infer<typeof VersionSummary>;

export const DatasetVersion = VersionSummary.extend({
  parts: z.array(Part),
  columns: z.array(Column),
  schema: z.array(SchemaColumn),
  profile: Profile,
  inputs: z.array(z.object({ digest: Digest, name: z.string() })),
});
export type DatasetVersion = z.infer<typeof DatasetVersion>;

export const Dataset = z.object({
  project: z.string(),
  name: z.string(),
  description: z.string(),
  tags: z.record(z.string(), z.string()),
  /** Column → its tags, for example `pii`. */
  column_tags: z.record(z.string(), z.array(z.string())),
  created_at: z.number(),
  latest: VersionSummary.nullable(),
});
export type Dataset = z.infer<typeof Dataset>;

export const ImportProgress = z.object({
  job: z.string(),
  state: z.enum(['queued', 'running', 'done', 'dead', 'cancelled']),
  phase: z.string(),
  files_done: z.number(),
  files: z.number(),
  rows: z.number(),
  bytes: z.number(),
  error: z.string().nullable(),
  result: z
    .object({
      version: z.number(),
      digest: z.string(),
      rows: z.number(),
      /** False when this content was a version already: nothing new was added. */
      created: z.boolean(),
      skipped: z.number(),
      validation: ValidationSummary.nullable(),
    })
    .nullable(),
});
export type ImportProgress = z.infer<typeof ImportProgress>;

export const SourceSpec = z.object({
  kind: z.literal('folder'),
  dataset: Name,
  /** Absolute folder on the server's machine. */
  path: z.string().min(1).max(1000),
  /** File names to take; `*` stands for any characters but a slash. */
  pattern: z.string().min(1).max(200).default('*'),
  format: FileFormat,
  where: z.string().min(1).max(10_000).optional(),
  skip_bad: z.boolean().default(false),
});
export type SourceSpec = z.infer<typeof SourceSpec>;

export const SourceFile = z.object({
  path: z.string(),
  size: z.number(),
  modified_at: z.number(),
  digest: z.string(),
  version: z.number().nullable(),
  error: z.string().nullable(),
});
export type SourceFile = z.infer<typeof SourceFile>;

export const Source = z.object({
  project: z.string(),
  name: Name,
  spec: SourceSpec,
  created_at: z.number(),
  created_by: z.string(),
  scanned_at: z.number().nullable(),
  files: z.array(SourceFile),
});
export type Source = z.infer<typeof Source>;

export const datasetUrn = (project: string, name: string): Urn => urnIn(project, 'dataset', name);
export const versionUrn = (project: string, name: string, version: number): Urn =>
  urnIn(project, 'dataset-version', name, version);
export const sourceUrn = (project: string, name: string): Urn => urnIn(project, 'source', name);
export const validationUrn = (id: string): Urn => urn('validation', id);
