import { identifier, literal } from '../../analytics/index.ts';
import type { Partition } from './schema.ts';

/** Rows of a view as one table: partitions in order of arrival, under the names that `analytics.run({ tables })` gave them. */
export interface ViewRows {
  /** Name of the view that the statement makes. */
  name: string;
  /** View name of each partition. */
  tables: readonly string[];
  partitions: readonly Pick<
    Partition,
    'rows' | 'keys' | 'min_event' | 'max_event' | 'max_created' | 'unique_times'
  >[];
  features: readonly string[];
  /** Rows created later are not seen. */
  asOf?: number | undefined;
}

export interface AsOfJoin {
  /** Name of the table that the statement makes: `_rid`, `event_time` and the features, one row per match. */
  name: string;
  rows: ViewRows;
  /** Those of the view's features that are read from the table. */
  features: readonly string[];
  /** SQL over the base row `b` that gives the key as text. */
  key: string;
  delayMs: number;
  ttlMs: number | null;
  /** Rows of the base, or more. */
  labels: number;
}

/**
 * Makes the view of a feature view's visible rows: of one key and event time only the latest created one, the later partition
 * among equals. Only times at which there can be such twins are searched for them.
 */
export function viewRowsSql(view: ViewRows): string {
  const columns = ['key', 'event_time', 'created_time', ...view.features.map(identifier)].join(', ');
  const visible = view.asOf === undefined ? '' : ` where created_time <= ${Math.floor(view.asOf)}`;
  const parts = view.tables.map(
    (table, i) => `select ${columns}, ${i} as part from ${identifier(table)}${visible}`,
  );
  if (parts.length === 0) {
    const empty = view.features.map((name) => `null::double as ${identifier(name)}`).join(', ');
    return `create or replace temp view ${view.name} as select null::varchar as key, null::bigint as event_time, null::bigint as created_time, ${empty} limit 0`;
  }
  const all = parts.join(' union all ');
  const head = `create or replace temp view ${view.name} as select ${columns} from (${all})`;
  const ranges = twinRanges(view.partitions).map(({ from, to }) => `event_time between ${from} and ${to}`);
  if (ranges.length === 0) return head;
  const twins = ranges.join(' or ');
  return `${head} where not (${twins}) union all select ${columns} from (${all}) where ${twins}
    qualify row_number() over (partition by key, event_time order by created_time desc, part desc) = 1`;
}

/**
 * Joins to each base row (`_rid`, `_t` in epoch ms) the newest row of its key with event_time ≤ t − delay. Values older than
 * the ttl are masked later, by `maskedSql`. Few candidates per row: a join with a window; else ASOF, which sorts both sides.
 */
export function asOfSql(join: AsOfJoin): string {
  const columns = ['event_time', ...join.features.map(identifier)];
  const taken = columns.map((column) => `v.${column}`).join(', ');
  const cutoff = `b._t - ${join.delayMs}`;
  const head = `create or replace temp table ${join.name} as`;
  if (strategyOf(join) === 'asof') {
    return `${head} select b._rid, ${taken} from base b asof join ${join.rows.name} v on ${join.key} = v.key and ${cutoff} >= v.event_time`;
  }
  const young = join.ttlMs === null ? '' : ` and v.event_time >= b._t - ${join.ttlMs}`;
  return `${head} select b._rid, ${taken} from base b join ${join.rows.name} v
    on ${join.key} = v.key and v.event_time <= ${cutoff}${young}
    qualify row_number() over (partition by b._rid order by v.event_time desc) = 1`;
}

/** Column of the final table: the value while it is not older than the ttl at the row's time, else null. */
export function maskedSql(join: Pick<AsOfJoin, 'name' | 'ttlMs'>, feature: string, as: string): string {
  const value = `${join.name}.${identifier(feature)}`;
  if (join.ttlMs === null) return `${value} as ${identifier(as)}`;
  return `case when b._t - ${join.name}.event_time <= ${join.ttlMs} then ${value} end as ${identifier(as)}`;
}

/** Age of the value in minutes at the row's time; null where the value is masked or missing. */
export function ageSql(join: Pick<AsOfJoin, 'name' | 'ttlMs'>, as: string): string {
  const age = `(b._t - ${join.name}.event_time) / 60000.0::double`;
  if (join.ttlMs === null) return `${age} as ${identifier(as)}`;
  return `case when b._t - ${join.name}.event_time <= ${join.ttlMs} then ${age} end as ${identifier(as)}`;
}

export const keySql = (key: { column: string } | { constant: string }): string =>
  'column' in key ? `b.${identifier(key.column)}::varchar` : literal(key.constant);

export function strategyOf(join: Pick<AsOfJoin, 'rows' | 'labels'>): 'asof' | 'window' {
  const rows = sum(join.rows.partitions.map((partition) => partition.rows));
  const keys = Math.max(1, ...join.rows.partitions.map((partition) => partition.keys));
  return join.labels * (rows / keys) <= 2 * rows ? 'window' : 'asof';
}

/** Event times (both ends inside) at which one key may have several rows: where partitions overlap, or one repeats itself. */
function twinRanges(
  partitions: readonly Pick<Partition, 'min_event' | 'max_event' | 'unique_times'>[],
): { from: number; to: number }[] {
  const found = partitions
    .filter((item) => !item.unique_times)
    .map((item) => ({ from: item.min_event, to: item.max_event }));
  let reached = Number.NEGATIVE_INFINITY;
  for (const { min_event, max_event } of [...partitions].sort((a, b) => a.min_event - b.min_event)) {
    if (min_event <= reached) found.push({ from: min_event, to: Math.min(max_event, reached) });
    reached = Math.max(reached, max_event);
  }
  const merged: { from: number; to: number }[] = [];
  for (const range of found.sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else merged.push({ ...range });
  }
  return merged;
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
