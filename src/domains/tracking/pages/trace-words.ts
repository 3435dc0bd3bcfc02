import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { pageOf } from '../../../ui/place.ts';
import type { StatusWord } from '../../../ui/status-words.ts';
import {
  type AnyValue,
  type Assessment,
  type Span,
  SPAN_KEYS,
  TRACE_KEYS,
  type TraceInfo,
} from '../schema/traces.ts';

const WORDS: Readonly<Record<string, StatusWord>> = { OK: 'Done', ERROR: 'Failed', IN_PROGRESS: 'Running' };

export const stateWord = (state: string): StatusWord => WORDS[state] ?? 'No data';

export const nameOf = (trace: TraceInfo): string =>
  trace.tags?.[TRACE_KEYS.name] ?? trace.trace_id.slice(0, 11);

export const startOf = (trace: TraceInfo): number => Date.parse(trace.request_time);

export const secondsOf = (trace: TraceInfo): number | null =>
  trace.execution_duration === undefined ? null : Number(trace.execution_duration.slice(0, -1));

/** Tokens of all spans; null when no span counted any. */
export function tokensOf(trace: TraceInfo): number | null {
  try {
    const { total_tokens: total } = JSON.parse(trace.trace_metadata?.[TRACE_KEYS.tokens] ?? '{}') as {
      total_tokens?: unknown;
    };
    return typeof total === 'number' ? total : null;
  } catch {
    return null;
  }
}

/** Tags that people set. */
export const ownTags = (trace: TraceInfo): [string, string][] =>
  Object.entries(trace.tags ?? {}).filter(([key]) => !key.startsWith('mlflow.'));

/** The value that an `AnyValue` holds. */
export function plainOf(any: AnyValue | undefined): unknown {
  if (!any) return null;
  const [kind, value] = Object.entries(any)[0] ?? [];
  const values = ((value ?? {}) as { values?: unknown[] }).values ?? [];
  if (kind === 'array_value') return values.map((item) => plainOf(item as AnyValue));
  if (kind === 'kvlist_value')
    return Object.fromEntries(
      values.map((pair) => {
        const { key, value: inner } = pair as { key: string; value?: AnyValue };
        return [key, plainOf(inner)];
      }),
    );
  return value ?? null;
}

export const attributesOf = (span: Pick<Span, 'attributes'>): Record<string, unknown> =>
  Object.fromEntries((span.attributes ?? []).map(({ key, value }) => [key, plainOf(value)]));

/** A value as a person reads it: a text as it is, the rest as JSON. */
export const shown = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');

export const valueOf = (assessment: Assessment): string => {
  const { feedback, expectation, issue } = assessment;
  if (feedback?.error) return feedback.error.error_message ?? feedback.error.error_code ?? 'an error';
  if (feedback) return shown(feedback.value ?? null);
  if (expectation) return expectation.serialized_value?.value ?? shown(expectation.value ?? null);
  return issue?.issue_name ?? '';
};

/** A span in the tree: where it hangs, and when it ran. */
export interface SpanRow {
  id: string;
  span: Span;
  depth: number;
  /** Milliseconds since the trace's first span began. */
  start: number;
  /** Milliseconds; null while it runs. */
  took: number | null;
  type: string;
  attributes: Record<string, unknown>;
}

/** Spans as a tree, each under the span it belongs to, in the order they began. A span whose parent is not there is a root. */
export function spanRows(spans: readonly Span[]): SpanRow[] {
  const ids = new Set(spans.map((span) => span.span_id));
  const children = new Map<string, Span[]>();
  for (const span of [...spans].sort((a, b) => a.start_time_unix_nano - b.start_time_unix_nano)) {
    const parent = span.parent_span_id && ids.has(span.parent_span_id) ? span.parent_span_id : '';
    const others = children.get(parent);
    if (others) others.push(span);
    else children.set(parent, [span]);
  }
  const first = spans.reduce((least, span) => Math.min(least, span.start_time_unix_nano), Infinity);
  const rows: SpanRow[] = [];
  const waiting = (children.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { span, depth } = next;
    const attributes = attributesOf(span);
    const end = span.end_time_unix_nano;
    rows.push({
      id: span.span_id,
      span,
      depth,
      start: (span.start_time_unix_nano - first) / 1e6,
      took: end === undefined ? null : (end - span.start_time_unix_nano) / 1e6,
      type: String(attributes[SPAN_KEYS.type] ?? ''),
      attributes,
    });
    const below = children.get(span.span_id) ?? [];
    for (const child of [...below].reverse()) waiting.push({ span: child, depth: depth + 1 });
  }
  return rows;
}

export const spanWord = (span: Span): StatusWord => {
  if (span.status?.code === 'STATUS_CODE_ERROR') return 'Failed';
  return span.end_time_unix_nano === undefined ? 'Running' : 'Done';
};

/** Where a filter is wrong, from the fault's message; the first character when it does not say. */
export function faultPlace(message: string): { at: number; message: string } {
  const place = / \(character (\d+)\)/.exec(message);
  return { at: place ? Number(place[1]) - 1 : 0, message };
}

export function tracesLead(project: string, traces: readonly TraceInfo[], filtered: boolean): LeadPart[] {
  const rows = { label: 'the traces', href: pageOf(project, 'traces') };
  const failed = traces.filter((trace) => trace.state === 'ERROR').length;
  return lead(
    counted(
      traces.length,
      {
        definition: filtered
          ? 'Traces shown here that match the filter.'
          : 'Traces shown here, the newest first.',
        rows,
      },
      traces.length === 1 ? 'trace' : 'traces',
    ),
    filtered ? (traces.length === 1 ? ' matches the filter; ' : ' match the filter; ') : '; ',
    failed === 0
      ? 'none'
      : counted(failed, { definition: 'Traces whose state is ERROR.', n: traces.length, rows }),
    ' failed.',
  ).parts;
}
