import type { ReadDatabase } from '../../database/index.ts';
import { parseFilter } from '../../lib/search/parse.ts';
import { type FilterCounts, npmiOf } from './npmi.ts';
import { pythonJson } from '../../lib/python-json.ts';
import type { MetricPoint } from './schema/trace-metrics.ts';
import type { Assessment } from './schema/traces.ts';
import {
  assessmentsOf,
  type MeasuredSpan,
  type MeasuredTrace,
  spansOf,
  tracesOf,
} from './store/trace-metrics.ts';
import { countTraces } from './store/trace-search.ts';
import { type Measured, type MetricQuestion, MetricSums } from './trace-metrics.ts';

export interface TraceMetricsAsked extends MetricQuestion {
  project: string;
  experiments: readonly number[];
}

export interface CorrelationAsked {
  project: string;
  experiments: readonly number[];
  first: string;
  second: string;
  /** Only traces that fulfil it are looked at. */
  base?: string | undefined;
}

/** How the traces that fulfil one filter go together with those that fulfil another. */
export async function traceCorrelation(database: ReadDatabase, asked: CorrelationAsked) {
  const { project, experiments, first, second, base } = asked;
  const counts: FilterCounts = await countTraces(
    database,
    { project, experiments },
    [first, second, base].map((text) => parseFilter(text ?? '', 'traces')) as never,
  );
  const { npmi, smoothed } = npmiOf(counts);
  return {
    ...(Number.isNaN(npmi) ? {} : { npmi, npmi_smoothed: smoothed }),
    filter1_count: counts.first,
    filter2_count: counts.second,
    joint_count: counts.both,
    total_count: counts.total,
  };
}

/** Numbers over traces, spans or assessments, by group. */
export async function traceMetrics(
  database: ReadDatabase,
  asked: TraceMetricsAsked,
): Promise<{ data_points?: MetricPoint[] }> {
  const { view, metric, project, experiments, filters, start, end, dimensions } = asked;
  const sums = new MetricSums(asked);
  // What a span cost counts when the span began, everything else when its trace did.
  const isCost = view === 'SPANS' && metric.endsWith('_cost');
  const scope = { project, experiments, filters, ...(isCost ? {} : { start, end }) };
  const needs = {
    model: dimensions.some((name) => name.startsWith('span_model')),
    times: view === 'SPANS' && metric === 'latency',
  };
  for await (const traces of tracesOf(database, scope)) {
    const ids = traces.map(({ id }) => id);
    if (view === 'TRACES') for (const trace of traces) sums.add(measuredTrace(asked, trace));
    if (view === 'SPANS')
      for (const span of await spansOf(database, ids, filters, needs)) {
        const at = Math.floor(span.start_us / 1000);
        if (isCost && ((start !== undefined && at < start) || (end !== undefined && at > end))) continue;
        sums.add({ at, ...measuredSpan(asked, span) });
      }
    if (view === 'ASSESSMENTS') {
      const began = new Map(traces.map(({ id, start_ms }) => [id, start_ms]));
      for (const { trace, name, body } of await assessmentsOf(database, ids, filters))
        sums.add({
          at: began.get(trace) ?? 0,
          ...measuredAssessment(asked, name, JSON.parse(body) as Assessment),
        });
    }
  }
  const points = sums.points();
  return points.length > 0 ? { data_points: points } : {};
}

function measuredTrace({ metric, dimensions }: MetricQuestion, trace: MeasuredTrace): Measured {
  const value = {
    trace_count: 1,
    session_count: trace.session,
    latency: trace.duration_ms,
  }[metric];
  return {
    at: trace.start_ms,
    value: value === undefined ? wholeNumber(jsonObject(trace.tokens)[metric]) : value,
    dimensions: dimensions.map((name) => (name === 'trace_name' ? trace.name : trace.state)),
  };
}

function measuredSpan({ metric, dimensions }: MetricQuestion, span: MeasuredSpan): Omit<Measured, 'at'> {
  const by: Record<string, string | null> = {
    span_name: span.name,
    span_type: span.type,
    span_status: span.status,
    span_model_name: jsonText(span.model),
    span_model_provider: jsonText(span.provider),
  };
  const latency = () =>
    span.start === null || span.end === null
      ? null
      : Number((BigInt(span.end) - BigInt(span.start)) / 1_000_000n);
  const value =
    metric === 'span_count' ? 1 : metric === 'latency' ? latency() : finite(jsonObject(span.cost)[metric]);
  return { value, dimensions: dimensions.map((name) => by[name] ?? null) };
}

function measuredAssessment(
  { metric, dimensions }: MetricQuestion,
  name: string,
  assessment: Assessment,
): Omit<Measured, 'at'> {
  const value = valueOf(assessment);
  return {
    value: metric === 'assessment_count' ? 1 : amountOf(value),
    dimensions: dimensions.map((each) => (each === 'assessment_name' ? name : pythonJson(value))),
  };
}

function valueOf({ feedback, expectation, issue }: Assessment): unknown {
  if (feedback) return feedback.value ?? null;
  if (issue) return issue;
  const serialized = expectation?.serialized_value?.value;
  if (serialized === undefined) return expectation?.value ?? null;
  return jsonOf(serialized) ?? serialized;
}

/** What an assessment adds to a mean: numbers, and yes and no. */
function amountOf(value: unknown): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return finite(value);
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'yes' ? 1 : word === 'no' ? 0 : null;
}

function jsonOf(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null') as unknown;
  } catch {
    return undefined;
  }
}

function jsonObject(text: string | null): Record<string, unknown> {
  const value = jsonOf(text);
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

const LONGEST_MODEL = 500;
function jsonText(text: string | null): string | null {
  const value = jsonOf(text);
  return typeof value === 'string' ? value.slice(0, LONGEST_MODEL) : null;
}

/** Numbers also where they were sent as text. */
function finite(value: unknown): number | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function wholeNumber(value: unknown): number | null {
  const number = finite(value);
  return Number.isInteger(number) ? number : null;
}
