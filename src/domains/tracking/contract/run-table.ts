import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Curve, int64, list, Metric, RunGroup, RunView, VIEWS } from '../schema.ts';

const BASE = '/api/v1/projects/:project';
const project = z.string().min(1).max(200);
const inProject = z.object({ project });
const experiments = list(z.string().max(20));
const Asked = {
  experiment_ids: experiments,
  filter: z.string().max(1_000_000).optional(),
  view: z.enum(VIEWS).optional(),
};
const Counted = z.object({ key: z.string(), runs: z.number() });
const limit = z.coerce.number().int().min(1).max(1000).optional();
/** Keys and values are those of the newest runs: this many. */
const of_runs = z.coerce.number().int().min(1).max(20_000).optional();
const someRuns = list(z.string().max(64)).pipe(z.array(z.string()).min(1).max(100));
const columns = z.array(z.string().max(1000)).max(5000);

/** What a table of many runs asks besides MLflow's `runs/search`. */
export const runTableContract = {
  countRuns: endpoint({
    method: 'POST',
    path: `${BASE}/run-counts`,
    summary: 'How many runs match a filter, by status, and how many there are without it',
    needs: 'view',
    params: inProject,
    body: z.object(Asked),
    response: z.object({
      matching: z.number(),
      total: z.number(),
      by_status: z.record(z.string(), z.number()),
    }),
  }),
  listRunKeys: endpoint({
    method: 'GET',
    path: `${BASE}/run-keys`,
    summary: 'Keys of metrics, params or tags that runs have, the commonest first',
    needs: 'view',
    params: inProject,
    query: z.object({
      experiment_ids: experiments,
      kind: z.enum(['metrics', 'params', 'tags']),
      term: z.string().max(1000).optional(),
      limit,
      of_runs,
    }),
    response: z.object({ keys: z.array(Counted), of_runs: z.number() }),
  }),
  listRunValues: endpoint({
    method: 'GET',
    path: `${BASE}/run-values`,
    summary: 'Values under a key of params, tags or attributes, the commonest first',
    needs: 'view',
    params: inProject,
    query: z.object({
      experiment_ids: experiments,
      kind: z.enum(['params', 'tags', 'attributes']),
      key: z.string().min(1).max(1000),
      term: z.string().max(1000).optional(),
      limit,
      of_runs,
    }),
    response: z.object({
      values: z.array(z.object({ value: z.string(), runs: z.number() })),
      of_runs: z.number(),
    }),
  }),
  groupRuns: endpoint({
    method: 'POST',
    path: `${BASE}/run-groups`,
    summary: 'Matching runs by the value of a key, with count, median and extremes of metrics',
    needs: 'view',
    params: inProject,
    body: z.object({
      ...Asked,
      by: z.string().min(1).max(1000),
      metrics: z.array(z.string().max(1000)).max(20).optional(),
      limit,
    }),
    response: z.object({ groups: z.array(RunGroup), more: z.boolean() }),
  }),
  exportRuns: endpoint({
    method: 'POST',
    path: `${BASE}/run-export`,
    summary: 'All matching runs as a CSV, JSON or Parquet file',
    needs: 'view',
    kind: 'file',
    params: inProject,
    body: z.object({
      ...Asked,
      format: z.enum(['csv', 'json', 'parquet']),
      order_by: list(z.string()),
      /** All keys of the matching runs when left out. */
      columns: columns.optional(),
    }),
    response: z.unknown(),
  }),
  getMetricPoints: endpoint({
    method: 'GET',
    path: `${BASE}/metric-points`,
    summary: 'Metrics of runs as columns of a chart, with the extremes of each column kept',
    needs: 'view',
    params: inProject,
    query: z.object({
      run_ids: someRuns,
      key: list(z.string().max(1000)).pipe(z.array(z.string().min(1)).min(1).max(20)),
      columns: z.coerce.number().int().min(1).max(4000).optional(),
      axis: z.enum(['step', 'time']).optional(),
      from: int64.optional(),
      to: int64.optional(),
    }),
    response: z.object({
      curves: z.array(Curve.extend({ run_id: z.string(), key: z.string() })),
    }),
  }),
  getMetricValues: endpoint({
    method: 'GET',
    path: `${BASE}/metric-values`,
    summary:
      'Metrics of runs as they were at a step: the last point of each that was logged at that step or before',
    needs: 'view',
    params: inProject,
    query: z.object({ run_ids: someRuns, step: int64 }),
    response: z.object({ runs: z.array(z.object({ run_id: z.string(), metrics: z.array(Metric) })) }),
  }),
  trashRuns: endpoint({
    method: 'POST',
    path: `${BASE}/run-trash`,
    summary: 'Move a piece of the runs that match or are named to the trash, or take it out again',
    needs: 'track',
    params: inProject,
    body: z.object({
      action: z.enum(['delete', 'restore']),
      experiment_ids: experiments,
      filter: Asked.filter,
      run_ids: z.array(z.string().max(64)).max(10_000).optional(),
      /** Only what one request moved to the trash: the time that it answered. */
      deleted_at: int64.optional(),
    }),
    response: z.object({
      changed: z.number(),
      deleted_at: z.number(),
      /** More may be meant: ask again. */
      more: z.boolean(),
    }),
  }),
  listRunViews: endpoint({
    method: 'GET',
    path: `${BASE}/run-views`,
    summary: 'Named views of the runs table',
    needs: 'view',
    params: inProject,
    response: z.object({ views: z.array(RunView) }),
  }),
  putRunView: endpoint({
    method: 'PUT',
    path: `${BASE}/run-views/:name`,
    summary: 'Give a view of the runs table a name, or a name another view',
    needs: 'track',
    params: z.object({ project, name: z.string().trim().min(1).max(100) }),
    body: z.object({ state: z.string().max(20_000) }),
    response: z.object({ view: RunView }),
  }),
  deleteRunView: endpoint({
    method: 'DELETE',
    path: `${BASE}/run-views/:name`,
    summary: 'Forget a view of the runs table',
    needs: 'track',
    params: z.object({ project, name: z.string().min(1).max(100) }),
    response: z.object({}),
  }),
};
