import { identifier, literal } from '../../analytics/index.ts';
import { LATENCY_GROWTH, type LevelCell, RESOLUTIONS } from './schema/level-cell.ts';
import type { Column } from './schema/route.ts';

/** Name of the view over the NDJSON lines of one segment. */
export const SEGMENT_VIEW = 'segment';

/** Types of every field that any kind of line has; lists stay text until the deployment's line names their columns. */
const FIELDS: Record<string, string> = {
  kind: 'VARCHAR',
  prediction_id: 'VARCHAR',
  endpoint: 'VARCHAR',
  deployment: 'INTEGER',
  event_time: 'DOUBLE',
  wall_time: 'DOUBLE',
  latency_us: 'DOUBLE',
  propensity: 'DOUBLE',
  unit: 'VARCHAR',
  request: 'VARCHAR[]',
  vector: 'VARCHAR[]',
  output: 'VARCHAR[]',
  key: 'VARCHAR',
  pinned: 'BOOLEAN',
  of: 'VARCHAR',
  label: 'VARCHAR',
  observed_at: 'DOUBLE',
  status: 'INTEGER',
  code: 'VARCHAR',
  message: 'VARCHAR',
  reason: 'VARCHAR',
};

export const SEGMENT_OPTIONS = `format = 'newline_delimited', ignore_errors = false, columns = {${Object.entries(
  FIELDS,
)
  .map(([name, type]) => `${identifier(name)}: '${type}'`)
  .join(', ')}}`;

/** The layouts in a segment: what the positional lists of each deployment mean. */
export const LAYOUT_SQL = `select distinct endpoint, deployment, request, vector, output from ${SEGMENT_VIEW} where kind = 'deployment'`;
export const COUNT_SQL = `select kind, count(*)::integer as n from ${SEGMENT_VIEW} group by kind`;

export interface Layout {
  endpoint: string;
  deployment: number;
  request: string[];
  vector: string[];
  output: string[];
}

const DUCK_TYPES: Record<Column['type'], string> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  long: 'BIGINT',
  float: 'DOUBLE',
  double: 'DOUBLE',
  string: 'VARCHAR',
  datetime: 'VARCHAR',
};

/** Rows of predictions (or shadows) with a column per request column, feature and output. Times are epoch ms, latency in µs. */
export function predictionSql(
  layout: Layout,
  types: { request: readonly Column[]; vector: readonly Column[] },
  shadow: boolean,
): string {
  const typed = (name: string, columns: readonly Column[], fallback: string) =>
    DUCK_TYPES[columns.find((column) => column.name === name)?.type ?? 'string'] ?? fallback;
  const request = layout.request.map(
    (name, i) =>
      `try_cast(request[${i + 1}] as ${typed(name, types.request, 'VARCHAR')}) as ${identifier(`request.${name}`)}`,
  );
  const vector = layout.vector.map(
    (name, i) =>
      `try_cast(coalesce(vector, request)[${i + 1}] as ${typed(name, types.vector, 'DOUBLE')}) as ${identifier(`feature.${name}`)}`,
  );
  return `select prediction_id, ${literal(layout.endpoint)} as endpoint, deployment,
      split_part(prediction_id, '.', 3)::bigint as epoch, split_part(prediction_id, '.', 4)::bigint as sequence,
      event_time::bigint as event_time, wall_time::bigint as wall_time, latency_us, propensity, unit, key,
      coalesce(pinned, false) as pinned, "of", try_cast(output[1] as double) as output, to_json(output)::varchar as outputs
      ${[...request, ...vector].map((column) => `, ${column}`).join('')}
    from ${SEGMENT_VIEW}
    where kind = 'prediction' and deployment = ${layout.deployment} and starts_with(prediction_id, ${literal(`${layout.endpoint}.`)})
      and "of" is ${shadow ? 'not null' : 'null'}`;
}

export const feedbackSql = (endpoint: string): string =>
  `select prediction_id, try_cast(case label when 'true' then '1' when 'false' then '0' else label end as double) as label, label as label_text,
     observed_at::bigint as observed_at, wall_time::bigint as wall_time
   from ${SEGMENT_VIEW} where kind = 'feedback' and split_part(prediction_id, '.', 1) = ${literal(endpoint)}`;

export const errorSql = (endpoint: string): string =>
  `select endpoint, deployment, wall_time::bigint as wall_time, status, code, message
   from ${SEGMENT_VIEW} where kind = 'error' and endpoint = ${literal(endpoint)}`;

/** Rows and the range of a time column and of the sequence, for the index of parts. */
export const rangeSql = (sql: string, time: string, sequenced: boolean): string =>
  `select count(*)::integer as n, min(${time})::double as low, max(${time})::double as high
     ${sequenced ? ', min(epoch)::double as epoch_low, max(epoch)::double as epoch_high, min(sequence)::double as first, max(sequence)::double as last' : ''}
   from (${sql})`;

/**
 * Cells of the finest resolutions of a segment. Answers that were given are counted: one that was
 * given again after a gateway's death counts again, requests that named a version and shadows do not count.
 */
export function cellsSql(): string {
  const clocks = (['event', 'wall'] as const).map(
    (clock) =>
      `select '${clock}' as clock, floor(${clock}_time / ${RESOLUTIONS[clock][0]})::bigint * ${RESOLUTIONS[clock][0]} as slot, * from given`,
  );
  return `with given as (
      select split_part(prediction_id, '.', 1) as endpoint, deployment, event_time, wall_time,
        round(ln(greatest(latency_us, 1)) / ln(${LATENCY_GROWTH}))::integer as bucket
      from ${SEGMENT_VIEW} where kind = 'prediction' and "of" is null and not coalesce(pinned, false)),
    counted as (
      select endpoint, clock, slot, deployment, bucket, count(*) as n, min(wall_time) as first_wall, max(wall_time) as last_wall
      from (${clocks.join(' union all ')}) group by all)
    select endpoint, clock, slot, deployment, sum(n)::integer as answers, 0 as errors,
      string_agg(bucket || ':' || n, ' ' order by bucket) as latency, min(first_wall)::bigint as first_wall, max(last_wall)::bigint as last_wall
    from counted group by endpoint, clock, slot, deployment
    union all
    select endpoint, 'wall', floor(wall_time / ${RESOLUTIONS.wall[0]})::bigint * ${RESOLUTIONS.wall[0]}, coalesce(deployment, 0), 0,
      count(*)::integer, '', null, null
    from ${SEGMENT_VIEW} where kind = 'error' and status >= 500 group by 1, 3, 4`;
}

/** A row of `cellsSql`: 64-bit integers come as text. */
export function cellOf(row: Record<string, unknown>): LevelCell {
  const clock = row.clock as LevelCell['clock'];
  const wall = (value: unknown) => (value === null ? null : Number(value));
  return {
    endpoint: String(row.endpoint),
    clock,
    step_ms: RESOLUTIONS[clock][0],
    slot: Number(row.slot),
    deployment: Number(row.deployment),
    answers: Number(row.answers),
    errors: Number(row.errors),
    latency: String(row.latency),
    first_wall: wall(row.first_wall),
    last_wall: wall(row.last_wall),
  };
}
