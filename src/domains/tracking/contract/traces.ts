import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { int64, KeyValue, list, required, unset } from '../schema.ts';
import {
  Assessment,
  StatusV2,
  Trace,
  TraceInfo,
  TraceInfoInput,
  TraceInfoV2,
  TraceLocation,
} from '../schema/traces.ts';

const Empty = z.object({});
const Id = z.object({ id: z.string() });
const Of = z.object({ trace: z.string() });
const One = z.object({ trace: z.object({ trace_info: TraceInfo }) });
const InfoV2 = z.object({ trace_info: TraceInfoV2 });
const BOTH = ['2.0', '3.0'];
const THREE = ['3.0'];
const PATH = '/mlflow/traces';
/** A boolean in a query string; Python's clients write it with a capital. */
const flag = unset(
  z.union([
    z.boolean(),
    z
      .string()
      .regex(/^(true|false)$/i)
      .transform((text) => text.toLowerCase() === 'true'),
  ]),
);
const Found = z.object({ traces: z.array(TraceInfo).optional(), next_page_token: z.string().optional() });
const Search = {
  filter: unset(z.string()),
  max_results: unset(int64),
  order_by: list(z.string()),
  page_token: unset(z.string()),
};

export const tracesContract = {
  startTrace: endpoint({
    method: 'POST',
    path: PATH,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'Tell of a whole trace, at its end',
    needs: 'track',
    body: z.object({ trace: z.object({ trace_info: TraceInfoInput }) }),
    response: One,
  }),
  getTrace: endpoint({
    method: 'GET',
    path: `${PATH}/get`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'A trace with its spans',
    needs: 'view',
    query: z.object({ trace_id: required, allow_partial: flag }),
    response: z.object({ trace: Trace }),
  }),
  getTraceInfo: endpoint({
    method: 'GET',
    path: `${PATH}/:id`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'A trace without its spans',
    needs: 'view',
    params: Id,
    response: One,
  }),
  batchGetTraces: endpoint({
    method: 'GET',
    path: `${PATH}/batchGet`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'Several traces with their spans',
    needs: 'view',
    query: z.object({ trace_ids: list(z.string()), experiment_ids: unset(list(z.string())) }),
    response: z.object({ traces: z.array(Trace).optional() }),
  }),
  batchGetTraceInfos: endpoint({
    method: 'POST',
    path: `${PATH}/batchGetInfos`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'Several traces without their spans',
    needs: 'view',
    body: z.object({ trace_ids: list(z.string()), experiment_ids: unset(list(z.string())) }),
    response: z.object({ trace_infos: z.array(TraceInfo).optional() }),
  }),
  searchTraces: endpoint({
    method: 'POST',
    path: `${PATH}/search`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'Search traces',
    needs: 'view',
    body: z.object({ locations: unset(z.array(TraceLocation)), ...Search }),
    response: Found,
  }),
  deleteTraces: endpoint({
    method: 'POST',
    path: `${PATH}/delete-traces`,
    versions: BOTH,
    dialect: 'mlflow',
    summary: 'Delete traces by id, or all that began until a time',
    needs: 'track',
    body: z.object({
      experiment_id: required,
      max_timestamp_millis: unset(int64),
      max_traces: unset(int64),
      request_ids: list(z.string()),
    }),
    response: z.object({ traces_deleted: z.number() }),
  }),
  setTraceTag: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/tags`,
    versions: BOTH,
    dialect: 'mlflow',
    summary: 'Set a tag of a trace',
    needs: 'track',
    params: Id,
    body: z.object({ key: required, value: unset(z.string()) }),
    response: Empty,
  }),
  deleteTraceTag: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id/tags`,
    versions: BOTH,
    dialect: 'mlflow',
    summary: 'Remove a tag of a trace',
    needs: 'track',
    params: Id,
    body: z.object({ key: required }),
    response: Empty,
  }),
  linkTracesToRun: endpoint({
    method: 'POST',
    path: `${PATH}/link-to-run`,
    versions: BOTH,
    dialect: 'mlflow',
    summary: 'Link traces to a run',
    needs: 'track',
    body: z.object({ trace_ids: list(z.string()), run_id: unset(z.string()) }),
    response: Empty,
  }),
  linkPromptsToTrace: endpoint({
    method: 'POST',
    path: `${PATH}/link-prompts`,
    versions: BOTH,
    dialect: 'mlflow',
    summary: 'Link versions of prompts to a trace',
    needs: 'track',
    body: z.object({
      trace_id: required,
      prompt_versions: list(z.object({ name: required, version: z.coerce.string().regex(/^\d+$/) })),
    }),
    response: Empty,
  }),
  getTraceFile: endpoint({
    method: 'GET',
    path: '/mlflow/get-trace-artifact',
    dialect: 'mlflow',
    kind: 'file',
    summary: 'The spans of a trace, or an attachment of it, as a file',
    needs: 'view',
    query: z.object({ request_id: unset(z.string()), path: unset(z.string()) }),
    response: z.unknown(),
  }),
  createAssessment: endpoint({
    method: 'POST',
    path: `${PATH}/:trace/assessments`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'Say something of a trace',
    needs: 'track',
    params: Of,
    body: z.object({ assessment: Assessment }),
    response: z.object({ assessment: Assessment }),
  }),
  getAssessment: endpoint({
    method: 'GET',
    path: `${PATH}/:trace/assessments/:assessment`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'One assessment of a trace',
    needs: 'view',
    params: Of.extend({ assessment: z.string() }),
    response: z.object({ assessment: Assessment }),
  }),
  updateAssessment: endpoint({
    method: 'PATCH',
    path: `${PATH}/:trace/assessments/:assessment`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'Change fields of an assessment',
    needs: 'track',
    params: Of.extend({ assessment: z.string() }),
    body: z.object({ assessment: Assessment, update_mask: z.string().min(1) }),
    response: z.object({ assessment: Assessment }),
  }),
  deleteAssessment: endpoint({
    method: 'DELETE',
    path: `${PATH}/:trace/assessments/:assessment`,
    versions: THREE,
    dialect: 'mlflow',
    summary: 'Remove an assessment',
    needs: 'track',
    params: Of.extend({ assessment: z.string() }),
    response: Empty,
  }),
  exportSpans: endpoint({
    method: 'POST',
    path: '/v1/traces',
    versions: [],
    dialect: 'mlflow',
    kind: 'upload',
    summary: "OpenTelemetry's export of spans (OTLP over HTTP, protobuf or JSON)",
    needs: 'track',
    response: z.unknown(),
  }),
};

/** API 2.0, which clients before 3.0 use. */
export const tracesV2Contract = {
  startTraceV2: endpoint({
    method: 'POST',
    path: PATH,
    dialect: 'mlflow',
    summary: 'Begin a trace',
    needs: 'track',
    body: z.object({
      experiment_id: required,
      timestamp_ms: unset(int64),
      request_metadata: list(KeyValue),
      tags: list(KeyValue),
    }),
    response: InfoV2,
  }),
  endTraceV2: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id`,
    dialect: 'mlflow',
    summary: 'End a trace',
    needs: 'track',
    params: Id,
    body: z.object({
      timestamp_ms: unset(int64),
      status: unset(StatusV2),
      request_metadata: list(KeyValue),
      tags: list(KeyValue),
    }),
    response: InfoV2,
  }),
  getTraceInfoV2: endpoint({
    method: 'GET',
    path: `${PATH}/:id/info`,
    dialect: 'mlflow',
    summary: 'A trace without its spans',
    needs: 'view',
    params: Id,
    response: InfoV2,
  }),
  searchTracesV2: endpoint({
    method: 'GET',
    path: PATH,
    dialect: 'mlflow',
    summary: 'Search traces',
    needs: 'view',
    query: z.object({ experiment_ids: list(z.string()), ...Search }),
    response: z.object({ traces: z.array(TraceInfoV2).optional(), next_page_token: z.string().optional() }),
  }),
};
