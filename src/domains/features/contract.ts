import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import {
  Applied,
  EntityRecord,
  FeatureFile,
  FeatureName,
  FreshnessReport,
  HistoricalRequest,
  HistoricalResult,
  Lookup,
  MaterialiseRequest,
  PushRequest,
  ServiceRecord,
  ViewRecord,
} from './schema.ts';

const project = z.object({ project: z.string().min(1).max(200) });
const named = project.extend({ name: FeatureName });
const base = '/api/v1/projects/:project/features';
const version = z.coerce.number().int().min(1).optional();
const Job = z.object({ job: z.string() });
const JobState = {
  job: z.string(),
  state: z.enum(['queued', 'running', 'done', 'dead', 'cancelled']),
  error: z.string().nullable(),
};
const PartitionItem = z.object({
  ordinal: z.number(),
  kind: z.enum(['materialised', 'pushed']),
  dataset_version: z.number().nullable(),
  digest: z.string(),
  rows: z.number(),
  keys: z.number(),
  bytes: z.number(),
  min_event: z.number(),
  max_event: z.number(),
  max_created: z.number(),
  online_at: z.number().nullable(),
  created_at: z.number(),
});

export const featuresContract = {
  applyFeatures: endpoint({
    method: 'POST',
    path: `${base}/apply`,
    summary: 'Publish entities, views and services; says of each whether it is new, unchanged or changed',
    needs: 'edit',
    params: project,
    body: FeatureFile,
    response: z.object({ applied: z.array(Applied) }),
  }),
  listFeatures: endpoint({
    method: 'GET',
    path: base,
    summary: 'The current entities, views with their freshness, and services',
    needs: 'view',
    params: project,
    response: z.object({
      entities: z.array(EntityRecord),
      views: z.array(ViewRecord),
      services: z.array(ServiceRecord),
    }),
  }),
  listFreshness: endpoint({
    method: 'GET',
    path: `${base}/freshness`,
    summary: 'Views that state a freshness objective, and whether they meet it',
    needs: 'view',
    params: project,
    response: z.object({ views: z.array(FreshnessReport) }),
  }),
  getFeatureView: endpoint({
    method: 'GET',
    path: `${base}/views/:name`,
    summary: 'One view, its partitions and its other versions',
    needs: 'view',
    params: named,
    query: z.object({ version }),
    response: z.object({
      view: ViewRecord,
      versions: z.array(z.object({ version: z.number(), created_at: z.number(), created_by: z.string() })),
      partitions: z.array(PartitionItem),
    }),
  }),
  getFeatureService: endpoint({
    method: 'GET',
    path: `${base}/services/:name`,
    summary: 'One feature service with its pinned views',
    needs: 'view',
    params: named,
    query: z.object({ version }),
    response: ServiceRecord,
  }),
  materialiseView: endpoint({
    method: 'POST',
    path: `${base}/views/:name/materialise`,
    summary: 'Compute a view over dataset versions that it has not covered yet',
    needs: 'edit',
    status: 202,
    params: named,
    body: MaterialiseRequest,
    response: Job,
  }),
  getMaterialisation: endpoint({
    method: 'GET',
    path: `${base}/materialisations/:job`,
    summary: 'How far a materialisation is',
    needs: 'view',
    params: project.extend({ job: z.string() }),
    response: z.object({
      ...JobState,
      result: z
        .object({
          view: z.string(),
          view_version: z.number(),
          partitions: z.array(
            z.object({ dataset_version: z.number(), rows: z.number(), created: z.boolean() }),
          ),
          online_rows: z.number(),
        })
        .nullable(),
    }),
  }),
  pushRows: endpoint({
    method: 'POST',
    path: `${base}/views/:name/push`,
    summary: 'Add rows to a view; they are durable when this answers',
    needs: 'edit',
    params: named,
    body: PushRequest,
    response: z.object({ view_version: z.number(), rows: z.number(), online: z.boolean() }),
  }),
  startHistorical: endpoint({
    method: 'POST',
    path: `${base}/historical`,
    summary: 'Join rows with what was known at the time of each',
    needs: 'edit',
    status: 202,
    params: project,
    body: HistoricalRequest,
    response: Job,
  }),
  getHistorical: endpoint({
    method: 'GET',
    path: `${base}/historical/:job`,
    summary: 'How far a historical read is, and its tables',
    needs: 'view',
    params: project.extend({ job: z.string() }),
    response: z.object({ ...JobState, result: HistoricalResult.nullable() }),
  }),
  downloadHistorical: endpoint({
    method: 'GET',
    path: `${base}/historical/:job/rows`,
    summary: 'The joined rows, or those held out, as Parquet',
    needs: 'view',
    kind: 'file',
    params: project.extend({ job: z.string() }),
    query: z.object({ part: z.enum(['table', 'holdout']).default('table') }),
    response: z.unknown(),
  }),
  lookupFeatures: endpoint({
    method: 'GET',
    path: `${base}/lookup`,
    summary: 'What a model would have read for a key at a moment, and why nothing later',
    needs: 'view',
    params: project,
    query: z.object({
      view: FeatureName,
      version,
      key: z.string().max(1024).default('*'),
      /** Epoch ms; now when left out. */
      at: z.coerce.number().optional(),
      as_of: z.coerce.number().optional(),
    }),
    response: Lookup,
  }),
};
