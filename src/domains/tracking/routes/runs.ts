import { givenIdOf, type Handlers } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { metricsContract, runsContract } from '../contract/runs.ts';
import { badParameter, missingParameter } from '../errors.ts';
import { projectOf } from '../schema.ts';
import type { TrackingService } from '../service.ts';

const LOGGED_MODELS_TAG = 'mlflow.log-model.history';
const MOST_RUNS = 100;
const MOST_POINTS = 25_000;
const MOST_POINTS_PER_RUN = 2500;

/** The id under its present or its old name. */
export function runIdOf(given: { run_id?: string | undefined; run_uuid?: string | undefined }): string {
  const id = given.run_id || given.run_uuid;
  if (!id) throw missingParameter('run_id');
  return id;
}

export function runHandlers(tracking: TrackingService): Handlers<typeof runsContract, Actor> {
  return {
    createRun: async ({ actor, body, request }) => {
      const given = { ...body, id: givenIdOf(request.headers) };
      const { info, data, inputs } = await tracking.createRun(actor, projectOf(request.headers), given);
      return { run: { info, data, inputs } };
    },
    updateRun: async ({ actor, body, request }) => ({
      run_info: await tracking.updateRun(actor, projectOf(request.headers), runIdOf(body), body),
    }),
    getRun: async ({ query, request }) => ({
      run: await (query.extremes === 'true' ? tracking.getRunWithExtremes : tracking.getRun)(
        projectOf(request.headers),
        runIdOf(query),
      ),
    }),
    deleteRun: async ({ actor, body, request }) => {
      await tracking.deleteRun(actor, projectOf(request.headers), runIdOf(body));
      return {};
    },
    restoreRun: async ({ actor, body, request }) => {
      await tracking.restoreRun(actor, projectOf(request.headers), runIdOf(body));
      return {};
    },
    searchRuns: ({ body, request }) =>
      tracking.searchRunsAnswer(projectOf(request.headers), {
        experimentIds: body.experiment_ids,
        filter: body.filter,
        orderBy: body.order_by,
        limit: body.max_results,
        token: body.page_token,
        view: body.run_view_type,
        columns: body.columns,
        extremes: body.extremes,
        children: body.children,
        parent: body.parent_run_id,
        top: body.top_level,
      }),
    logMetric: async ({ actor, body, request }) => {
      await tracking.logMetric(actor, projectOf(request.headers), runIdOf(body), body);
      return {};
    },
    logParam: async ({ actor, body, request }) => {
      await tracking.logParam(actor, projectOf(request.headers), runIdOf(body), body);
      return {};
    },
    setTag: async ({ actor, body, request }) => {
      await tracking.setTag(actor, projectOf(request.headers), runIdOf(body), body);
      return {};
    },
    deleteTag: async ({ actor, body, request }) => {
      await tracking.deleteTag(actor, projectOf(request.headers), runIdOf(body), body.key);
      return {};
    },
    logBatch: async ({ actor, body, request }) => {
      await tracking.logBatch(actor, projectOf(request.headers), body.run_id, body);
      return {};
    },
    logInputs: async ({ actor, body, request }) => {
      await tracking.logInputs(actor, projectOf(request.headers), body.run_id, body);
      return {};
    },
    logOutputs: async ({ actor, body, request }) => {
      await tracking.logOutputs(actor, projectOf(request.headers), body.run_id, body.models);
      return {};
    },
    logModel: async ({ actor, body, request }) => {
      const project = projectOf(request.headers);
      const { data } = await tracking.getRun(project, body.run_id);
      const before = data.tags?.find((tag) => tag.key === LOGGED_MODELS_TAG)?.value ?? '[]';
      const models = [...(JSON.parse(before) as unknown[]), parseModel(body.model_json)];
      const tag = { key: LOGGED_MODELS_TAG, value: JSON.stringify(models) };
      await tracking.setTag(actor, project, body.run_id, tag);
      return {};
    },
  };
}

export function metricHandlers(tracking: TrackingService): Handlers<typeof metricsContract, Actor> {
  return {
    getMetricHistory: async ({ query, request }) => {
      if (query.max_results !== undefined && query.max_results <= 0) {
        throw badParameter(
          `Invalid value ${query.max_results} for parameter 'max_results' supplied. It must be a positive integer.`,
        );
      }
      return tracking.metricHistory(projectOf(request.headers), runIdOf(query), query.metric_key, {
        limit: query.max_results,
        token: query.page_token,
      });
    },
    getMetricHistoryBulkInterval: async ({ query, request }) => {
      const { run_ids, metric_key, start_step, end_step, max_results = MOST_POINTS_PER_RUN } = query;
      if (run_ids.length === 0) throw missingParameter('run_ids');
      if (run_ids.length > MOST_RUNS) {
        throw badParameter(
          `GetMetricHistoryBulkInterval request must specify at most ${MOST_RUNS} run_ids. Received ${run_ids.length} run_ids. See the API docs for more information about request parameters.`,
        );
      }
      if (max_results < 1 || max_results > MOST_POINTS_PER_RUN) {
        throw badParameter(
          `max_results must be between 1 and ${MOST_POINTS_PER_RUN}. See the API docs for more information about request parameters.`,
        );
      }
      const steps = stepsOf(start_step, end_step);
      const project = projectOf(request.headers);
      return tracking.sampledHistory(project, run_ids, metric_key, max_results, steps);
    },
    getMetricHistoryBulk: async ({ query, request }) => {
      const ids = query.run_id;
      if (ids.length === 0)
        throw badParameter('GetMetricHistoryBulk request must specify at least one run_id.');
      if (ids.length > MOST_RUNS) {
        throw badParameter(
          `GetMetricHistoryBulk request cannot specify more than ${MOST_RUNS} run_ids. Received ${ids.length} run_ids.`,
        );
      }
      if (query.metric_key === undefined)
        throw badParameter('GetMetricHistoryBulk request must specify a metric_key.');
      const limit = Math.min(query.max_results ?? MOST_POINTS, MOST_POINTS);
      return tracking.bulkHistory(projectOf(request.headers), ids, query.metric_key, limit);
    },
  };
}

function stepsOf(start: number | undefined, end: number | undefined): readonly [number, number] | undefined {
  if (start === undefined && end === undefined) return undefined;
  if (start === undefined || end === undefined)
    throw badParameter('If either start step or end step are specified, both must be specified.');
  if (start > end) {
    throw badParameter(
      `end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`,
    );
  }
  return [start, end];
}

function parseModel(text: string): unknown {
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch {
    throw badParameter(`Malformed model info. \n ${text.slice(0, 500)} \n is not a valid JSON.`);
  }
  const fields = typeof model === 'object' && model !== null ? model : {};
  const missing = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'].filter(
    (key) => !(key in fields),
  );
  if (missing.length > 0)
    throw badParameter(
      `Model json is missing mandatory fields: {${missing.map((key) => `'${key}'`).join(', ')}}`,
    );
  return model;
}
