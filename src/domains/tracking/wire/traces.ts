import type { KeyValue } from '../schema.ts';
import {
  type Assessment,
  type AssessmentKind,
  ASSESSMENT_KINDS,
  type StatusV2,
  TRACE_KEYS,
  type TraceInfo,
  type TraceInfoV2,
} from '../schema/traces.ts';
import type { AssessmentRow } from '../store/assessments.ts';
import type { TraceRow } from '../store/traces.ts';

/** MLflow answers no longer ones, whatever is kept. */
const LONGEST = { key: 250, metadata: 250, tag: 4096 };

export interface TraceParts {
  tags: ReadonlyMap<string, string> | undefined;
  metadata: ReadonlyMap<string, string> | undefined;
  assessments?: readonly AssessmentRow[] | undefined;
}

/** A trace in the form of MLflow's proto JSON: unset fields are left out, empty lists and maps too. */
export function toTraceInfo(row: TraceRow, parts: TraceParts): TraceInfo {
  const tags = shortened(tagsOf(row, parts), LONGEST.tag);
  const metadata = shortened(metadataOf(row, parts), LONGEST.metadata);
  const assessments = (parts.assessments ?? []).map((each) => toAssessment(row.trace_id, each));
  return {
    trace_id: row.trace_id,
    ...(row.client_request_id === null ? {} : { client_request_id: row.client_request_id }),
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: String(row.experiment) },
    },
    ...(row.request_preview === null ? {} : { request_preview: row.request_preview }),
    ...(row.response_preview === null ? {} : { response_preview: row.response_preview }),
    request_time: timestampOf(row.start_ms),
    ...(row.duration_ms === null ? {} : { execution_duration: durationOf(row.duration_ms) }),
    state: row.state,
    ...(metadata.length > 0 ? { trace_metadata: Object.fromEntries(metadata) } : {}),
    ...(assessments.length > 0 ? { assessments } : {}),
    ...(tags.length > 0 ? { tags: Object.fromEntries(tags) } : {}),
  };
}

export function toTraceInfoV2(row: TraceRow, parts: TraceParts): TraceInfoV2 {
  const metadata = pairs(shortened(metadataOf(row, parts), LONGEST.metadata));
  const tags = pairs(shortened(tagsOf(row, parts), LONGEST.tag));
  return {
    request_id: row.trace_id,
    experiment_id: String(row.experiment),
    timestamp_ms: row.start_ms,
    execution_time_ms: row.duration_ms ?? 0,
    status: (row.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : row.state) satisfies StatusV2,
    ...(metadata.length > 0 ? { request_metadata: metadata } : {}),
    ...(tags.length > 0 ? { tags } : {}),
  };
}

/** An assessment as it is kept, with what the row alone knows. */
export function toAssessment(traceId: string, row: AssessmentRow): Assessment {
  const body = JSON.parse(row.body) as Assessment;
  return {
    ...body,
    assessment_id: row.assessment_id,
    trace_id: traceId,
    ...(row.overrides === null ? {} : { overrides: row.overrides }),
    valid: row.valid === 1,
  };
}

export const kindOf = (assessment: Assessment): AssessmentKind | undefined =>
  ASSESSMENT_KINDS.find((kind) => assessment[kind] !== undefined);

/** Spans that were sent here are here; a client looks at this tag before it asks for them. */
const tagsOf = (row: TraceRow, { tags }: TraceParts): [string, string][] => [
  ...(tags ?? []),
  ...(row.spans > 0 ? [[TRACE_KEYS.spansLocation, 'TRACKING_STORE'] as [string, string]] : []),
];

const metadataOf = (row: TraceRow, { metadata }: TraceParts): [string, string][] => [
  ...(metadata ?? []),
  ...(row.finalized === 1 ? [[TRACE_KEYS.finalized, 'true'] as [string, string]] : []),
];

const shortened = (entries: readonly [string, string][], longest: number): [string, string][] =>
  entries.map(([key, value]) => [start(key, LONGEST.key), start(value, longest)]);

const start = (text: string, length: number): string =>
  text.length <= length ? text : Array.from(text).slice(0, length).join('');

const pairs = (entries: readonly [string, string][]): KeyValue[] =>
  entries.map(([key, value]) => ({ key, value }));

/** Proto JSON writes as many groups of three digits as are needed. */
export const timestampOf = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

export function durationOf(ms: number): string {
  const rest = Math.abs(ms) % 1000;
  const whole = `${ms < 0 ? '-' : ''}${Math.trunc(Math.abs(ms) / 1000)}`;
  return rest === 0 ? `${whole}s` : `${whole}.${String(rest).padStart(3, '0')}s`;
}

export const msOfTimestamp = (text: string): number => Date.parse(text);

/** Whole milliseconds, cut by their digits as proto's `ToMilliseconds` does: a double would round up what lies just below one. */
export function msOfDuration(text: string): number {
  const [, sign, seconds, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?s$/.exec(text) ?? [];
  const ms = Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return sign === '-' && ms !== 0 ? -ms : ms;
}
