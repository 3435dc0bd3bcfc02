import { badParameter } from './errors.ts';
import { pythonFloat, pythonList } from './limits.ts';
import type { Aggregation, MetricFilter, MetricPoint, MetricView } from './schema/trace-metrics.ts';

export interface MetricQuestion {
  view: MetricView;
  metric: string;
  aggregations: readonly Aggregation[];
  dimensions: readonly string[];
  filters: readonly MetricFilter[];
  /** Seconds of each bucket of time. */
  interval?: number | undefined;
  /** Epoch ms, both ends included. */
  start?: number | undefined;
  end?: number | undefined;
  limit: number;
}

/** Something to count or to sum up; what is not there is null. */
export interface Measured {
  /** Epoch ms. */
  at: number;
  value: number | string | null;
  dimensions: readonly (string | null)[];
}

interface Metric {
  aggregations: readonly Aggregation['aggregation_type'][];
  dimensions: readonly string[];
}

const OF_NUMBERS = ['AVG', 'MIN', 'MAX', 'PERCENTILE'] as const;
const OF_SUMS = ['SUM', ...OF_NUMBERS] as const;
const tokens: Metric = { aggregations: OF_SUMS, dimensions: ['trace_name'] };
const cost: Metric = { aggregations: OF_SUMS, dimensions: ['span_model_name', 'span_model_provider'] };

/** What MLflow measures of traces, how it may be aggregated and by what it may be grouped. */
export const METRICS: Readonly<Record<MetricView, Readonly<Record<string, Metric>>>> = {
  TRACES: {
    trace_count: { aggregations: ['COUNT'], dimensions: ['trace_name', 'trace_status'] },
    session_count: { aggregations: ['COUNT'], dimensions: [] },
    latency: { aggregations: OF_NUMBERS, dimensions: ['trace_name'] },
    input_tokens: tokens,
    output_tokens: tokens,
    total_tokens: tokens,
    cache_read_input_tokens: tokens,
    cache_creation_input_tokens: tokens,
  },
  SPANS: {
    span_count: {
      aggregations: ['COUNT'],
      dimensions: ['span_name', 'span_type', 'span_status', 'span_model_name', 'span_model_provider'],
    },
    latency: { aggregations: OF_NUMBERS, dimensions: ['span_name', 'span_status'] },
    input_cost: cost,
    output_cost: cost,
    total_cost: cost,
  },
  ASSESSMENTS: {
    assessment_count: { aggregations: ['COUNT'], dimensions: ['assessment_name', 'assessment_value'] },
    assessment_value: { aggregations: OF_NUMBERS, dimensions: ['assessment_name'] },
  },
};

/** Throws for what cannot be asked. */
export function checkQuestion(question: MetricQuestion): void {
  const { view, metric, aggregations, dimensions, interval, start, end, limit } = question;
  const known = METRICS[view];
  const found = Object.hasOwn(known, metric) ? known[metric] : undefined;
  if (!found)
    throw badParameter(`metric_name must be one of ${pythonList(Object.keys(known))}, got '${metric}'`);
  const types = aggregations.map(({ aggregation_type }) => aggregation_type);
  const wrongTypes = missing(types, found.aggregations);
  if (wrongTypes.length > 0)
    throw badParameter(
      `Found invalid aggregation_type(s): ${pythonList(wrongTypes)}. Supported aggregation types: ${pythonList(found.aggregations.toSorted())}`,
    );
  const wrong = missing(dimensions, found.dimensions);
  if (wrong.length > 0)
    throw badParameter(
      `Found invalid dimension(s): ${pythonList(wrong)}. Supported dimensions: ${pythonList(found.dimensions.toSorted())}`,
    );
  for (const { aggregation_type: type, percentile_value: at } of aggregations) {
    if (type === 'PERCENTILE' && at === undefined)
      throw badParameter('Percentile value is required for PERCENTILE aggregation');
    if (type === 'PERCENTILE' && !(Number(at) >= 0 && Number(at) <= 100))
      throw badParameter(`Percentile value must be between 0 and 100, got ${pythonFloat(Number(at))}`);
    if (type !== 'PERCENTILE' && at !== undefined)
      throw badParameter(`Percentile value is only allowed for PERCENTILE aggregation type, got ${type}`);
  }
  if (interval !== undefined && interval !== 0 && (start === undefined || end === undefined))
    throw badParameter('start_time_ms and end_time_ms are required if time_interval_seconds is set');
  if (interval !== undefined && interval < 0)
    throw badParameter(`Invalid value ${interval} for parameter 'time_interval_seconds' supplied.`);
  if (limit < 0) throw badParameter(`Invalid value ${limit} for parameter 'max_results' supplied.`);
}

const missing = (given: readonly string[], known: readonly string[]): string[] =>
  [...new Set(given)].filter((each) => !known.includes(each)).sort();

/** By view, what a filter may name, and whether a key stands behind it. */
const ENTITIES: Readonly<Record<MetricFilter['view'], Readonly<Record<string, boolean>>>> = {
  trace: { status: false, tag: true, metadata: true },
  span: { name: false, status: false, type: false },
  assessment: { name: false, type: false },
};
const COMPARISON = /^\s*((?:`[^`]*`|"[^"]*"|[^\s=!<>`"])+)\s*([=!<>]+|[A-Za-z]+)\s*(.*?)\s*$/s;

/** Reads one comparison, as in `trace.tag.team = 'red'`. Throws for what is none. */
export function parseMetricFilter(text: string, of: MetricView): MetricFilter {
  const [, name = '', comparator = '', value = ''] = COMPARISON.exec(text) ?? [];
  if (value === '') throw badParameter(`Invalid filter: '${text}'. Expected one filter clause.`);
  const [first = '', entity = '', ...rest] = name.split('.');
  const view = first.replaceAll('`', '') as MetricFilter['view'];
  if (entity === '')
    throw badParameter(
      `Invalid identifier '${name}'. Columns should be specified as 'trace.<key>', 'span.<key>', 'assessment.<key>'.`,
    );
  if (!Object.hasOwn(ENTITIES, view))
    throw badParameter(`Invalid view type '${view}'. Valid values are ${pythonList(Object.keys(ENTITIES))}`);
  const entities = ENTITIES[view];
  if (!Object.hasOwn(entities, entity))
    throw badParameter(
      `Invalid entity '${entity}' specified for view type '${view}'. Valid entities are ${pythonList(Object.keys(entities))}`,
    );
  const key = rest.length > 0 ? rest.join('.').replace(/^(["'`])(.*)\1$/s, '$2') : undefined;
  if (entities[entity] && key === undefined)
    throw badParameter(`Filtering by ${entity} requires a key, e.g. '${view}.${entity}.<key> = <value>'`);
  if (!entities[entity] && key !== undefined)
    throw badParameter(`Filtering by ${entity} does not require a key, use '${view}.${entity}' instead`);
  if (comparator !== '=')
    throw badParameter(`Invalid comparator: '${comparator}', only '=' operator is supported`);
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(value);
  if (!quoted)
    throw badParameter(
      `Expected a quoted string value for ${entity} value (e.g. 'my-value'). Got value ${value}`,
    );
  if (view === 'span' && of !== 'SPANS')
    throw badParameter(`Filtering by span is only supported for SPANS view type, got ${of}`);
  if (view === 'assessment' && of !== 'ASSESSMENTS')
    throw badParameter(`Filtering by assessment is only supported for ASSESSMENTS view type, got ${of}`);
  return { view, entity, key, value: quoted[1] ?? quoted[2] ?? '' };
}

interface Group {
  /** Where its bucket of time begins. */
  time: number | undefined;
  dimensions: readonly string[];
  count: number;
  sum: number;
  least: number;
  most: number;
  values: number[];
  distinct: Set<string>;
}

/** Aggregates what it is given, piece by piece. What lacks its value or a dimension does not count. */
export class MetricSums {
  readonly #question: MetricQuestion;
  readonly #groups = new Map<string, Group>();
  readonly #isRanked: boolean;

  constructor(question: MetricQuestion) {
    this.#question = question;
    this.#isRanked = question.aggregations.some((each) => each.aggregation_type === 'PERCENTILE');
    if (question.dimensions.length === 0 && !question.interval) this.#groupOf(undefined, []);
  }

  add({ at, value, dimensions }: Measured): void {
    if (value === null || dimensions.includes(null)) return;
    const { interval } = this.#question;
    const time = interval ? Math.floor(at / (interval * 1000)) * interval * 1000 : undefined;
    const group = this.#groupOf(time, dimensions as readonly string[]);
    if (typeof value === 'string') {
      group.distinct.add(value);
      return;
    }
    group.count++;
    group.sum += value;
    group.least = Math.min(group.least, value);
    group.most = Math.max(group.most, value);
    if (this.#isRanked) group.values.push(value);
  }

  #groupOf(time: number | undefined, dimensions: readonly string[]): Group {
    const id = JSON.stringify([time, ...dimensions]);
    const found = this.#groups.get(id);
    if (found) return found;
    const empty = {
      count: 0,
      sum: 0,
      least: Infinity,
      most: -Infinity,
      values: [],
      distinct: new Set<string>(),
    };
    const made: Group = { time, dimensions, ...empty };
    this.#groups.set(id, made);
    return made;
  }

  /** In the order of time, then of the dimensions. */
  points(): MetricPoint[] {
    const { metric, limit, dimensions: names } = this.#question;
    const points: MetricPoint[] = [];
    for (const group of [...this.#groups.values()].sort(before)) {
      if (points.length === limit) break;
      const values = this.#valuesOf(group);
      if (Object.keys(values).length === 0) continue;
      const named = names.map((name, index) => [name, group.dimensions[index] ?? ''] as const);
      const time = group.time === undefined ? [] : [['time_bucket', pythonTime(group.time)] as const];
      const dimensions = Object.fromEntries([...time, ...named]);
      points.push({
        metric_name: metric,
        ...(Object.keys(dimensions).length > 0 ? { dimensions } : {}),
        values,
      });
    }
    return points;
  }

  #valuesOf(group: Group): Record<string, number> {
    const values: Record<string, number> = {};
    const count = group.distinct.size + group.count;
    group.values.sort((a, b) => a - b);
    for (const { aggregation_type: type, percentile_value: at } of this.#question.aggregations) {
      if (type === 'COUNT') values.COUNT = count;
      else if (count > 0) {
        if (type === 'SUM') values.SUM = group.sum;
        if (type === 'AVG') values.AVG = group.sum / count;
        if (type === 'MIN') values.MIN = group.least;
        if (type === 'MAX') values.MAX = group.most;
        if (type === 'PERCENTILE')
          values[`P${pythonFloat(at as number)}`] = quantile(group.values, at as number);
      }
    }
    return values;
  }
}

const before = (a: Group, b: Group): number => {
  if (a.time !== b.time) return (a.time ?? 0) - (b.time ?? 0);
  for (const [index, left] of a.dimensions.entries()) {
    const right = b.dimensions[index] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
};

const pythonTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', '+00:00');

/**
 * Linear interpolation between the closest ranks, `percent` from 0 to 100: definition 7 of R. J. Hyndman and Y. Fan, Sample Quantiles
 * in Statistical Packages, The American Statistician 50 (1996); SQL's PERCENTILE_CONT.
 */
function quantile(sorted: readonly number[], percent: number): number {
  const place = (percent / 100) * (sorted.length - 1);
  const lower = Math.floor(place);
  const low = sorted[lower] ?? Number.NaN;
  return low + (place - lower) * ((sorted[Math.min(lower + 1, sorted.length - 1)] ?? low) - low);
}
