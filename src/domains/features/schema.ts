import { z } from 'zod';
import { urnIn, type Urn } from '../../lib/urn.ts';

export const FeatureName = z
  .string()
  .regex(/^[A-Za-z_][\w.-]{0,127}$/, "use letters, digits, '_', '.', '-', and no digit first");
const Milliseconds = z.number().int().nonnegative();
export const ValueType = z.enum(['int', 'double', 'string', 'bool', 'timestamp']);
export type ValueType = z.infer<typeof ValueType>;

/** The key of a view without an entity: one row at a time for everything. */
export const CONSTANT_KEY = '*';

export const Entity = z.object({
  name: FeatureName,
  join_key: FeatureName,
  description: z.string().max(2000).default(''),
});
export type Entity = z.infer<typeof Entity>;

const Feature = z.object({ name: FeatureName, description: z.string().max(2000).default('') });

/**
 * Features of one entity, computed from a dataset by one SELECT over the view `source` (DuckDB). It gives `key` (text; left
 * out without an entity), `event_time` (a timestamp in UTC, or epoch ms), the features as numbers, and, if it wants,
 * `created_time`. Without that a row counts as created when its dataset version was.
 */
export const FeatureView = z
  .object({
    name: FeatureName,
    description: z.string().max(2000).default(''),
    entity: FeatureName.nullable().default(null),
    /** Dataset whose versions are materialised. */
    source: z.string().min(1).max(200),
    sql: z.string().min(1).max(50_000),
    /** An older value counts as unknown; null = never too old. */
    ttl_ms: Milliseconds.nullable().default(null),
    /** Objective: how old the newest value may be at any moment that the view is read, in event time; null = none is stated. */
    freshness_ms: Milliseconds.positive().nullable().default(null),
    /** How long after its event time a value can be read. */
    delay_ms: Milliseconds.default(0),
    /** Timestamp column of the source by which earlier versions are cut; needed for `lookback_ms`. */
    time_column: z.string().min(1).nullable().default(null),
    /** How far the SELECT looks back in the source: that much of earlier versions is put before the new one. */
    lookback_ms: Milliseconds.default(0),
    /** `append`: each version adds rows. `snapshot`: each version holds everything anew. */
    versions: z.enum(['append', 'snapshot']).default('append'),
    features: z.array(Feature).min(1).max(1000),
  })
  .refine((view) => view.lookback_ms === 0 || view.time_column !== null, {
    path: ['time_column'],
    message: 'lookback_ms needs the time_column by which to cut earlier versions',
  });
export type FeatureView = z.infer<typeof FeatureView>;

const ServiceJoin = z.object({
  view: FeatureName,
  /** The current version when left out; `apply` pins it. */
  view_version: z.number().int().positive().optional(),
  /** The key: the text of a request column or transform, or a constant; left out for a view without an entity. */
  key: z
    .union([z.object({ column: FeatureName }), z.object({ constant: z.string() })])
    .default({ constant: CONSTANT_KEY }),
  features: z
    .array(
      z.union([
        FeatureName.transform((feature) => ({ feature, as: feature })),
        z.object({ feature: FeatureName, as: FeatureName }),
      ]),
    )
    .min(1),
  /** Name under which the age of the value in minutes joins the vector. */
  age_as: FeatureName.nullable().default(null),
});
export type ServiceJoin = z.infer<typeof ServiceJoin>;

/** What one model reads: request columns, then transforms (expressions) in order, then values of views at the event time. */
export const FeatureService = z.object({
  name: FeatureName,
  description: z.string().max(2000).default(''),
  request: z.array(z.object({ name: FeatureName, type: ValueType })).min(1),
  /** Request column of type timestamp; null: the moment of the request. */
  event_time_column: FeatureName.nullable().default(null),
  transforms: z.array(z.object({ name: FeatureName, expression: z.string().min(1).max(10_000) })).default([]),
  joins: z.array(ServiceJoin).default([]),
});
export type FeatureService = z.infer<typeof FeatureService>;
export type PinnedService = Omit<FeatureService, 'joins'> & {
  joins: (Omit<ServiceJoin, 'view_version'> & { view_version: number })[];
};

export const FeatureFile = z.object({
  entities: z.array(Entity).default([]),
  views: z.array(FeatureView).default([]),
  services: z.array(FeatureService).default([]),
});
export type FeatureFile = z.infer<typeof FeatureFile>;

const DEFINITION_KINDS = ['entity', 'view', 'service'] as const;
export type DefinitionKind = (typeof DEFINITION_KINDS)[number];

/** `changed` made a new version beside the old one, which stays; `restored` means an older version is current again. */
export const Applied = z.object({
  kind: z.enum(DEFINITION_KINDS),
  name: z.string(),
  version: z.number(),
  outcome: z.enum(['new', 'unchanged', 'changed', 'restored']),
  previous: z.number().nullable(),
});
export type Applied = z.infer<typeof Applied>;

const stamp = { version: z.number(), digest: z.string(), created_at: z.number(), created_by: z.string() };
export const Freshness = z.object({
  rows: z.number(),
  partitions: z.number(),
  newest_event_time: z.number().nullable(),
  newest_created_time: z.number().nullable(),
  /** Partitions that the online store does not have yet. */
  offline_only: z.number(),
  /** Dataset versions that are materialised. */
  dataset_versions: z.array(z.number()),
});
export type Freshness = z.infer<typeof Freshness>;

/** How fresh a view with an objective was in the week before the event time that its readers have reached. */
export const FreshnessReport = z.object({
  view: z.string(),
  view_version: z.number(),
  objective_ms: z.number(),
  /** Event time of the newest answer that read the view; now when nothing has. */
  clock: z.number(),
  from: z.number(),
  newest_event_time: z.number().nullable(),
  age_ms: z.number().nullable(),
  worst_ms: z.number().nullable(),
  met: z.boolean(),
});
export type FreshnessReport = z.infer<typeof FreshnessReport>;

export const EntityRecord = z.object({ ...Entity.shape, ...stamp });
export const ViewRecord = z.object({ ...FeatureView.shape, ...stamp, freshness: Freshness });
export type ViewRecord = z.infer<typeof ViewRecord>;
export const ServiceRecord = z.object({
  ...FeatureService.shape,
  joins: z.array(
    z.object({
      view: z.string(),
      view_version: z.number(),
      key: z.union([z.object({ column: z.string() }), z.object({ constant: z.string() })]),
      features: z.array(z.object({ feature: z.string(), as: z.string() })),
      age_as: z.string().nullable(),
    }),
  ),
  ...stamp,
});
export type ServiceRecord = z.infer<typeof ServiceRecord>;

/** Rows of one view version in one Parquet blob: key, event_time and created_time (epoch ms), and the features as doubles. */
export interface Partition {
  project: string;
  view: string;
  view_version: number;
  /** Order of arrival. */
  ordinal: number;
  kind: 'materialised' | 'pushed';
  dataset_version: number | null;
  digest: string;
  rows: number;
  keys: number;
  bytes: number;
  min_event: number;
  max_event: number;
  max_created: number;
  /** Whether no key has two rows of one event time. */
  unique_times: boolean;
  /** Whether gateways that read the view are to have it: rows from `online_from` on (epoch ms), or all. */
  online: boolean;
  online_from: number | null;
  /** When the first gateway had it whole. */
  online_at: number | null;
  /** Digests of the partitions that it was merged from. */
  merged: string[];
  created_at: number;
}

const versions = z.union([z.literal('all'), z.array(z.number().int().positive()).min(1)]);
export const MaterialiseRequest = z.object({
  /** Versions of the view's dataset; those that are materialised already are left as they are. */
  dataset_versions: versions.default('all'),
  version: z.number().int().positive().optional(),
  /** Push to the online store too, where there is one. */
  online: z.boolean().default(true),
  /** Push only rows from this event time on, epoch ms. */
  online_from: z.number().optional(),
});
export type MaterialiseRequest = z.infer<typeof MaterialiseRequest>;

export const PushRequest = z.object({
  version: z.number().int().positive().optional(),
  rows: z
    .array(
      z.object({
        /** Left out for a view without an entity. */
        key: z.union([z.string().max(1024), z.number().int()]).optional(),
        /** Epoch ms, or ISO 8601. */
        event_time: z.union([z.number(), z.iso.datetime({ offset: true })]),
        /** When the value became known; now when left out. */
        created_time: z.union([z.number(), z.iso.datetime({ offset: true })]).optional(),
        values: z.record(z.string(), z.number().nullable()),
      }),
    )
    .min(1)
    .max(50_000),
});
export type PushRequest = z.infer<typeof PushRequest>;

const TimeRange = z.object({ from: z.number(), to: z.number() });

export const HistoricalRequest = z
  .object({
    service: FeatureName,
    version: z.number().int().positive().optional(),
    /** Rows to enrich: versions of a dataset, read as one table … */
    dataset: z
      .object({ name: z.string().min(1), versions: z.array(z.number().int().positive()).min(1) })
      .optional(),
    /** … or Parquet blobs. */
    blobs: z
      .array(z.string().regex(/^[0-9a-f]{64}$/))
      .min(1)
      .optional(),
    /** One SELECT over the view `input` that gives the request columns; instead of `where`. */
    select: z.string().min(1).max(50_000).optional(),
    where: z.string().min(1).max(10_000).optional(),
    /** That many rows, chosen by a hash of seed, place and content: the same every time. */
    sample: z.object({ n: z.number().int().positive(), seed: z.number().int().default(1) }).optional(),
    /** Further columns, as expressions over the input's. */
    labels: z.array(z.object({ name: FeatureName, expression: z.string().min(1).max(10_000) })).default([]),
    /** Columns of the input to keep as they are. */
    keep: z.array(z.string().min(1)).default([]),
    /** Event times (epoch ms, `to` outside) whose rows go to the hold-out table and never to the other. */
    holdout: z.array(TimeRange).default([]),
    /** Values created later are not seen: reproduces what was known at that moment, epoch ms. */
    as_of: z.number().optional(),
    /** Dataset that gets the table as a version. */
    save_as: z.string().min(1).max(128).optional(),
    save_holdout_as: z.string().min(1).max(128).optional(),
  })
  .refine(
    (request) => (request.dataset === undefined) !== (request.blobs === undefined),
    'give dataset or blobs, one of them',
  )
  .refine((request) => !(request.select && request.where), 'give select or where, not both');
export type HistoricalRequest = z.infer<typeof HistoricalRequest>;

const HistoricalTable = z.object({
  digest: z.string(),
  bytes: z.number(),
  rows: z.number(),
  /** Version of the dataset that it was saved as. */
  version: z.number().nullable(),
});
export const HistoricalResult = z.object({
  service: z.string(),
  service_version: z.number(),
  /** Names in the order of the table: event_time, request columns, transforms, features and ages, labels, kept columns. */
  columns: z.array(z.string()),
  /** Inputs of a model, in order: request columns, transforms, features and ages. */
  vector: z.array(z.string()),
  table: HistoricalTable,
  holdout: HistoricalTable.nullable(),
});
export type HistoricalResult = z.infer<typeof HistoricalResult>;

export const Lookup = z.object({
  view: z.string(),
  view_version: z.number(),
  key: z.string(),
  at: z.number(),
  found: z
    .object({
      event_time: z.number(),
      created_time: z.number(),
      age_minutes: z.number(),
      values: z.record(z.string(), z.number().nullable()),
    })
    .nullable(),
  /** True when the newest value was older than the view's ttl, so that a model reads nothing. */
  expired: z.boolean(),
  /** The next later row of the key, and why it was not taken. */
  later: z.object({ event_time: z.number(), created_time: z.number(), reason: z.string() }).nullable(),
  text: z.string(),
});
export type Lookup = z.infer<typeof Lookup>;

export const viewUrn = (project: string, name: string, version: number): Urn =>
  urnIn(project, 'feature-view', name, version);
export const serviceUrn = (project: string, name: string, version: number): Urn =>
  urnIn(project, 'feature-service', name, version);
