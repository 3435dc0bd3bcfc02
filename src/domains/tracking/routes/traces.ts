import { givenIdOf, type Handlers, RawAnswer, type RequestContext } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { tracesContract, tracesV2Contract } from '../contract/traces.ts';
import { AppError } from '../../../lib/errors.ts';
import { badParameter, missingParameter, TRACKING_ERRORS } from '../errors.ts';
import { projectOf } from '../schema.ts';
import type { TrackingService } from '../service.ts';

export function traceHandlers(tracking: TrackingService): Handlers<typeof tracesContract, Actor> {
  return {
    startTrace: async ({ actor, body, request }) => ({
      trace: {
        trace_info: await tracking.startTrace(actor, projectOf(request.headers), body.trace.trace_info),
      },
    }),
    getTrace: ({ query, request }) =>
      tracking.getTrace(projectOf(request.headers), query.trace_id, query.allow_partial ?? false),
    getTraceInfo: async ({ params, request }) => ({
      trace: { trace_info: await tracking.getTraceInfo(projectOf(request.headers), params.id) },
    }),
    batchGetTraces: ({ query, request }) =>
      tracking.batchGetTraces(
        projectOf(request.headers),
        some('trace_ids', query.trace_ids),
        given(query.experiment_ids),
      ),
    batchGetTraceInfos: ({ body, request }) =>
      tracking.batchGetTraceInfos(
        projectOf(request.headers),
        some('trace_ids', body.trace_ids),
        given(body.experiment_ids),
      ),
    searchTraces: ({ body, request }) =>
      tracking.searchTraces(projectOf(request.headers), {
        experimentIds: some('locations', body.locations ?? []).flatMap(
          (location) => location.mlflow_experiment?.experiment_id ?? [],
        ),
        filter: body.filter,
        orderBy: body.order_by,
        limit: body.max_results,
        token: body.page_token,
      }),
    deleteTraces: async ({ actor, body, request }) => ({
      traces_deleted: await tracking.deleteTraces(actor, projectOf(request.headers), body),
    }),
    setTraceTag: async ({ actor, params, body, request }) => {
      await tracking.setTraceTag(actor, projectOf(request.headers), params.id, body.key, body.value ?? '');
      return {};
    },
    deleteTraceTag: async ({ actor, params, body, request }) => {
      await tracking.deleteTraceTag(actor, projectOf(request.headers), params.id, body.key);
      return {};
    },
    linkTracesToRun: async ({ actor, body, request }) => {
      const ids = some('trace_ids', body.trace_ids);
      if (!body.run_id) throw missingParameter('run_id');
      await tracking.linkTracesToRun(actor, projectOf(request.headers), ids, body.run_id);
      return {};
    },
    linkPromptsToTrace: async ({ actor, body, request }) => {
      const prompts = some('prompt_versions', body.prompt_versions);
      await tracking.linkPromptsToTrace(actor, projectOf(request.headers), body.trace_id, prompts);
      return {};
    },
    getTraceFile: ({ query, request }) => {
      if (!query.request_id) {
        throw new AppError(
          TRACKING_ERRORS.BAD_REQUEST,
          'Request must include the "request_id" query parameter.',
        );
      }
      return tracking.openTraceFile(projectOf(request.headers), query.request_id, query.path || undefined);
    },
    createAssessment: async ({ actor, params, body, request }) => ({
      assessment: await tracking.createAssessment(
        actor,
        projectOf(request.headers),
        params.trace,
        body.assessment,
        givenIdOf(request.headers),
      ),
    }),
    getAssessment: async ({ params, request }) => ({
      assessment: await tracking.getAssessment(projectOf(request.headers), params.trace, params.assessment),
    }),
    updateAssessment: async ({ actor, params, body, request }) => ({
      assessment: await tracking.updateAssessment(
        actor,
        projectOf(request.headers),
        params.trace,
        params.assessment,
        body.assessment,
        fieldsOf(body.update_mask),
      ),
    }),
    deleteAssessment: async ({ actor, params, request }) => {
      await tracking.deleteAssessment(actor, projectOf(request.headers), params.trace, params.assessment);
      return {};
    },
    exportSpans: ({ actor, request }) => exportSpans(tracking, actor, request),
  };
}

export function traceV2Handlers(tracking: TrackingService): Handlers<typeof tracesV2Contract, Actor> {
  return {
    startTraceV2: async ({ actor, body, request }) => ({
      trace_info: await tracking.startTraceV2(actor, projectOf(request.headers), {
        ...body,
        id: givenIdOf(request.headers),
      }),
    }),
    endTraceV2: async ({ actor, params, body, request }) => ({
      trace_info: await tracking.endTraceV2(actor, projectOf(request.headers), params.id, body),
    }),
    getTraceInfoV2: async ({ params, request }) => ({
      trace_info: await tracking.getTraceInfoV2(projectOf(request.headers), params.id),
    }),
    searchTracesV2: ({ query, request }) =>
      tracking.searchTracesV2(projectOf(request.headers), {
        experimentIds: some('experiment_ids', query.experiment_ids),
        filter: query.filter,
        orderBy: query.order_by,
        limit: query.max_results,
        token: query.page_token,
      }),
  };
}

const PROTOBUF = 'application/x-protobuf';

/** Answers in OTLP's way: an empty protobuf message, or a refusal as MLflow's endpoint writes one. */
async function exportSpans(tracking: TrackingService, actor: Actor, request: RequestContext) {
  const { headers } = request;
  const experiment = textOf(headers['x-mlflow-experiment-id']);
  if (experiment === undefined) {
    const missing = {
      type: 'missing',
      loc: ['header', 'x-mlflow-experiment-id'],
      msg: 'Field required',
      input: null,
    };
    return refusal(422, [missing]);
  }
  const refused = await tracking.exportSpans(actor, projectOf(headers), {
    stream: request.stream as unknown as AsyncIterable<Uint8Array>,
    type: textOf(headers['content-type']),
    encoding: textOf(headers['content-encoding']),
    experiment,
    run: textOf(headers['x-mlflow-run-id']),
  });
  if (refused) return refusal(refused.status, refused.message);
  return new RawAnswer(200, PROTOBUF, new Uint8Array());
}

const refusal = (status: number, detail: unknown) =>
  new RawAnswer(status, 'application/json; charset=utf-8', JSON.stringify({ detail }));

const textOf = (header: string | string[] | undefined) => (typeof header === 'string' ? header : undefined);

/** A repeated field that must not be empty. */
function some<T>(name: string, values: readonly T[]): readonly T[] {
  if (values.length === 0) throw missingParameter(name);
  return values;
}

const given = (ids: readonly string[] | undefined) => (ids && ids.length > 0 ? ids : undefined);

/** The paths of a `google.protobuf.FieldMask` as proto JSON writes it, in the names of the proto file. */
function fieldsOf(mask: string): string[] {
  const paths = mask.split(',').map((path) => path.trim());
  if (paths.some((path) => path === ''))
    throw badParameter("Invalid value for parameter 'update_mask' supplied.");
  return paths.map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
