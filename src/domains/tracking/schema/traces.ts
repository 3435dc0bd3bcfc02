import { z } from 'zod';
import { KeyValue, protoEnum, unset } from '../schema.ts';

export const TRACE_STATES = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const;
export type TraceState = (typeof TRACE_STATES)[number];
const STATUSES_V2 = ['TRACE_STATUS_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const;
export const ASSESSMENT_KINDS = ['feedback', 'expectation', 'issue'] as const;
export type AssessmentKind = (typeof ASSESSMENT_KINDS)[number];
const SOURCE_TYPES = ['SOURCE_TYPE_UNSPECIFIED', 'HUMAN', 'LLM_JUDGE', 'CODE'] as const;

/** Keys of tags and metadata that mean something to MLflow's clients. */
export const TRACE_KEYS = {
  name: 'mlflow.traceName',
  spansLocation: 'mlflow.trace.spansLocation',
  archiveLocation: 'mlflow.trace.archiveLocation',
  archivalFailure: 'mlflow.trace.archivalFailure',
  artifactLocation: 'mlflow.artifactLocation',
  sourceRun: 'mlflow.sourceRun',
  tokens: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  sizes: 'mlflow.trace.sizeStats',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  finalized: 'mlflow.trace.infoFinalized',
} as const;

/** Attributes of spans that mean something to MLflow's clients. */
export const SPAN_KEYS = {
  requestId: 'mlflow.traceRequestId',
  type: 'mlflow.spanType',
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  tokens: 'mlflow.chat.tokenUsage',
  cost: 'mlflow.llm.cost',
  model: 'mlflow.llm.model',
  provider: 'mlflow.llm.provider',
  tag: 'mlflow.traceTag.',
  session: 'session.id',
  conversation: 'gen_ai.conversation.id',
  user: 'user.id',
} as const;

/** A `google.protobuf.Timestamp` as proto JSON writes it. */
const Timestamp = z
  .string()
  .refine(
    (text) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)),
    'Invalid value for a timestamp. Write for example 2026-03-01T12:00:00Z.',
  );
/** A `google.protobuf.Duration` as proto JSON writes it. */
const Duration = z.string().regex(/^-?\d{1,12}(\.\d{1,9})?s$/);
const Texts = z.record(z.string(), z.coerce.string());

const Source = z.object({
  source_type: z.preprocess(
    (value) => ((SOURCE_TYPES as readonly unknown[]).includes(value) ? value : SOURCE_TYPES[0]),
    z.enum(SOURCE_TYPES),
  ),
  source_id: unset(z.string()),
});
const AssessmentError = z.object({
  error_code: unset(z.string()),
  error_message: unset(z.string()),
  stack_trace: unset(z.string()),
});

/** What a judge, a person or a program says about a trace or one of its spans. Its value is any JSON. */
export const Assessment = z.object({
  assessment_id: unset(z.string()),
  assessment_name: unset(z.string()),
  trace_id: unset(z.string()),
  span_id: unset(z.string()),
  source: unset(Source),
  create_time: unset(Timestamp),
  last_update_time: unset(Timestamp),
  feedback: unset(z.object({ value: z.json().optional(), error: unset(AssessmentError) })),
  expectation: unset(
    z.object({
      value: z.json().optional(),
      serialized_value: unset(
        z.object({ serialization_format: unset(z.string()), value: unset(z.string()) }),
      ),
    }),
  ),
  issue: unset(z.object({ issue_name: unset(z.string()) })),
  rationale: unset(z.string()),
  metadata: unset(Texts),
  overrides: unset(z.string()),
  valid: unset(z.boolean()),
});
export type Assessment = z.infer<typeof Assessment>;

export const TraceLocation = z.object({
  type: unset(z.string()),
  mlflow_experiment: unset(z.object({ experiment_id: z.coerce.string() })),
});

/** A trace as its client tells of it, without spans. */
export const TraceInfoInput = z.object({
  trace_id: z.string().min(1),
  client_request_id: unset(z.string()),
  trace_location: TraceLocation,
  request_preview: unset(z.string()),
  response_preview: unset(z.string()),
  request_time: unset(Timestamp),
  execution_duration: unset(Duration),
  state: unset(protoEnum(TRACE_STATES, 0)),
  trace_metadata: unset(Texts),
  tags: unset(Texts),
  assessments: unset(z.array(Assessment)),
});
export type TraceInfoInput = z.infer<typeof TraceInfoInput>;

export const TraceInfo = z.object({
  trace_id: z.string(),
  client_request_id: z.string().optional(),
  trace_location: z.object({
    type: z.literal('MLFLOW_EXPERIMENT'),
    mlflow_experiment: z.object({ experiment_id: z.string() }),
  }),
  request_preview: z.string().optional(),
  response_preview: z.string().optional(),
  request_time: z.string(),
  execution_duration: z.string().optional(),
  state: z.enum(TRACE_STATES),
  trace_metadata: z.record(z.string(), z.string()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  assessments: z.array(Assessment).optional(),
});
export type TraceInfo = z.infer<typeof TraceInfo>;

/** A trace in the form of MLflow's API 2.0. */
export const TraceInfoV2 = z.object({
  request_id: z.string(),
  experiment_id: z.string(),
  timestamp_ms: z.number(),
  execution_time_ms: z.number(),
  status: z.enum(STATUSES_V2),
  request_metadata: z.array(KeyValue).optional(),
  tags: z.array(KeyValue).optional(),
});
export type TraceInfoV2 = z.infer<typeof TraceInfoV2>;
export const StatusV2 = protoEnum(STATUSES_V2, 0);
export type StatusV2 = (typeof STATUSES_V2)[number];

/** A value in OpenTelemetry's `AnyValue`, as proto JSON with names as in the proto file. */
export const AnyValue = z.record(z.string(), z.unknown());
export type AnyValue = z.infer<typeof AnyValue>;
const Attribute = z.object({ key: z.string(), value: AnyValue.optional() });

/** A span in OpenTelemetry's form; ids are base64, times are nanoseconds and may lose digits where JSON numbers are doubles. */
export const Span = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  parent_span_id: z.string().optional(),
  name: z.string(),
  start_time_unix_nano: z.number(),
  end_time_unix_nano: z.number().optional(),
  attributes: z.array(Attribute).optional(),
  events: z
    .array(
      z.object({
        time_unix_nano: z.number().optional(),
        name: z.string(),
        attributes: z.array(Attribute).optional(),
      }),
    )
    .optional(),
  links: z
    .array(z.object({ trace_id: z.string(), span_id: z.string(), attributes: z.array(Attribute).optional() }))
    .optional(),
  status: z.object({ code: z.string().optional(), message: z.string().optional() }).optional(),
});
export type Span = z.infer<typeof Span>;

export const Trace = z.object({ trace_info: TraceInfo, spans: z.array(Span).optional() });
export type Trace = z.infer<typeof Trace>;

/** What of a span is only looked at when the span is. Times are digits of nanoseconds, attributes JSON texts by key. */
export interface SpanBody {
  start: string;
  end: string | null;
  message: string;
  events: { name: string; time: string; attributes: Record<string, string> }[];
  links: { trace: string; span: string; attributes: Record<string, string> }[];
}
