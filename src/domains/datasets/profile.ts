import { type Analytics, identifier } from '../../analytics/index.ts';
import { numericBins, type NumericBins } from '../../lib/statistics/bins.ts';
import type { Bins, Column, ColumnProfile, ColumnType, Profile, SchemaColumn } from './schema.ts';

const INNER_BINS = 30;
const TOP_VALUES = 50;
const SPAN_BINS = 30;
/** Up to this many numbers quantiles are exact. */
const EXACT_CELLS = 2_000_000;
/** Beyond it they are those of about so many rows: a quantile is then off by 0.2 % of the rows (one standard error, at the median). */
const SAMPLE_ROWS = 50_000;
/** Four steps within each bin: enough to place its mean. */
const STEPS = INNER_BINS * 4;

type Row = Record<string, unknown>;

/** Bins that earlier versions were counted in, by column name. */
export type SharedBins = ReadonlyMap<string, Bins>;

export const sharedBins = (first: Profile | undefined): SharedBins =>
  new Map(
    (first?.columns ?? []).flatMap(({ name, histogram }) => (histogram ? [[name, histogram.bins]] : [])),
  );

/** Rondo's word for a DuckDB type. */
export function columnType(sqlType: string): ColumnType {
  if (/^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(sqlType)) return 'int';
  if (sqlType === 'FLOAT' || sqlType === 'DOUBLE') return 'double';
  if (sqlType === 'VARCHAR') return 'string';
  if (sqlType === 'BOOLEAN') return 'bool';
  if (sqlType === 'DATE' || sqlType.startsWith('TIMESTAMP')) return 'timestamp';
  return 'other';
}

export const columnsOf = (described: Row[]): Column[] =>
  described.map((row) => ({
    name: String(row.column_name),
    type: columnType(String(row.column_type)),
    sql_type: String(row.column_type),
  }));

/**
 * Describes a table of Parquet parts. One scan counts everything on bins that are known; the first version of a dataset
 * takes a second one, because its own quantiles become the bins.
 */
export async function profileOf(
  analytics: Analytics,
  parts: readonly string[],
  shared: SharedBins,
  signal?: AbortSignal,
): Promise<Profile> {
  const tables = { t: parts };
  const head = await analytics.run({
    tables,
    rows: { columns: 'describe select * from t', size: 'select count(*) as n from t' },
    ...(signal ? { signal } : {}),
  });
  const columns = columnsOf(head.rows.columns);
  const rows = Number(head.rows.size[0]?.n);
  const steps = quantilesQuery(columns, rows);
  const first = await analytics.run({
    tables,
    rows: {
      all: `select ${columns.flatMap((column, i) => aggregates(column, i, shared)).join(',\n')} from t`,
      ...(steps === undefined ? {} : { steps }),
      ...Object.fromEntries(
        columns.flatMap((column, i) =>
          isCategory(column) ? [[`top${i}`, topQuery(column, shared.get(column.name))]] : [],
        ),
      ),
    } as Record<string, string>,
    ...(signal ? { signal } : {}),
  });
  const row = withEnds({ ...first.rows.all?.[0], ...first.rows.steps?.[0] }, columns.length);
  const profiles = columns.map((column, i) => describe(column, i, row, first.rows[`top${i}`], rows, shared));
  const second = Object.fromEntries(
    columns.flatMap((column, i) => secondQuery(column, i, profiles[i] as ColumnProfile, row, shared)),
  );
  if (Object.keys(second).length > 0) {
    const more = await analytics.run({ tables, rows: second, ...(signal ? { signal } : {}) });
    columns.forEach((_, i) => complete(profiles[i] as ColumnProfile, row, i, more.rows[`more${i}`]));
  }
  return { rows, columns: profiles };
}

/** The rule that a profile suggests for data to come. */
export function inferSchema(profile: Profile): SchemaColumn[] {
  return profile.columns.map((column) => ({
    name: column.name,
    type: column.type,
    sql_type: column.sql_type,
    nullable: column.nulls > 0,
    presence: profile.rows === 0 ? 0 : (profile.rows - column.nulls) / profile.rows,
    domain:
      column.type === 'string' && column.top.length > 0 && column.top.length < TOP_VALUES
        ? column.top.map(({ value }) => value).sort()
        : null,
    range: column.min !== null && column.max !== null ? { min: column.min, max: column.max } : null,
  }));
}

const isNumber = (column: Column) => column.type === 'int' || column.type === 'double';
const isCategory = (column: Column) => column.type === 'string' || column.type === 'bool';

/** The finite numbers of a column, as doubles; times as epoch ms. */
function valueOf(column: Column): string {
  const name = identifier(column.name);
  if (column.type === 'timestamp') return `epoch_ms(${name}::timestamp)::double`;
  return column.type === 'double'
    ? `(case when isfinite(${name}) then ${name}::double end)`
    : `${name}::double`;
}

/**
 * The quantiles of every number and time, exact. Of a table with more than `EXACT_CELLS` numbers they are taken over rows that a
 * hash of their place chooses, so that the same content always gets the same bins, in whatever order threads read it.
 */
function quantilesQuery(columns: readonly Column[], rows: number): string | undefined {
  const measured = columns.flatMap((column, i) =>
    isNumber(column) || column.type === 'timestamp' ? [{ column, i }] : [],
  );
  if (measured.length === 0) return undefined;
  const steps = Array.from({ length: STEPS + 1 }, (_, k) => k / STEPS).join(', ');
  const list = measured.map(({ column, i }) => `quantile_cont(${valueOf(column)}, [${steps}]) as q${i}`);
  const share = SAMPLE_ROWS / rows;
  if (rows * measured.length <= EXACT_CELLS || share >= 1) return `select ${list.join(',\n')} from t`;
  const names = measured.map(({ column }) => identifier(column.name)).join(', ');
  const below = (BigInt(Math.floor(share * 2 ** 53)) << 11n).toString();
  return `select ${list.join(',\n')} from (select ${names}, hash(row_number() over ()) as _chosen from t)
    where _chosen < ${below}::ubigint`;
}

/** The least and greatest value are known of all rows, also where the quantiles are those of some. */
function withEnds(row: Row, columns: number): Row {
  for (let i = 0; i < columns; i++) {
    const steps = row[`q${i}`] as unknown[] | null | undefined;
    if (steps) row[`q${i}`] = [row[`min${i}`], ...steps.slice(1, -1), row[`max${i}`]];
  }
  return row;
}

function aggregates(column: Column, i: number, shared: SharedBins): string[] {
  const name = identifier(column.name);
  const list = [`count(${name})::double as n${i}`];
  if (column.type === 'other') return list;
  list.push(`approx_count_distinct(${name})::double as d${i}`);
  if (column.type === 'double')
    list.push(`(count(*) filter (where not isfinite(${name})))::double as nan${i}`);
  if (!isNumber(column) && column.type !== 'timestamp') return list;
  const value = valueOf(column);
  list.push(
    `min(${value}) as min${i}, max(${value}) as max${i}, avg(${value}) as mean${i}, stddev_samp(${value}) as sd${i}`,
  );
  const bins = shared.get(column.name);
  if (isNumber(column) && bins?.kind === 'numeric') list.push(...histogram(value, bins.edges, i));
  return list;
}

const histogram = (value: string, edges: readonly number[], i: number): string[] => [
  `histogram(${value}, [${edges.map((edge) => `${edge}::double`).join(', ')}]) as h${i}`,
  `(count(*) filter (where ${value} = ${edges[0]}::double))::double as e${i}`,
];

function topQuery(column: Column, bins: Bins | undefined): string {
  const kept = bins?.kind === 'category' ? bins.categories : [];
  const list = kept.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ');
  const also = list ? ` or value in (${list})` : '';
  return `select value, n::double as n from (
    select ${identifier(column.name)}::varchar as value, count(*) as n from t where ${identifier(column.name)} is not null group by 1)
    qualify row_number() over (order by n desc, value) <= ${TOP_VALUES}${also} order by n desc, value`;
}

function describe(
  column: Column,
  i: number,
  row: Row,
  top: Row[] | undefined,
  rows: number,
  shared: SharedBins,
): ColumnProfile {
  const count = Number(row[`n${i}`] ?? 0);
  const nan = Number(row[`nan${i}`] ?? 0);
  const steps = ((row[`q${i}`] as unknown[] | null) ?? []).map(Number);
  const at = (share: number) => steps[Math.round(share * STEPS)] as number;
  const bins = shared.get(column.name);
  const profile: ColumnProfile = {
    ...column,
    count,
    nulls: rows - count,
    nan,
    distinct: Math.min(count, Number(row[`d${i}`] ?? 0)),
    min: numberOf(row[`min${i}`]),
    max: numberOf(row[`max${i}`]),
    mean: numberOf(row[`mean${i}`]),
    sd: numberOf(row[`sd${i}`]),
    quantiles:
      steps.length > 0 ? { p5: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) } : null,
    histogram: null,
    span: null,
    top: [],
  };
  if (top) countCategories(profile, top, bins);
  else if (isNumber(column) && bins?.kind === 'numeric')
    profile.histogram = { bins, counts: slots(row[`h${i}`], Number(row[`e${i}`]), bins.edges.length) };
  return profile;
}

function countCategories(profile: ColumnProfile, top: Row[], bins: Bins | undefined): void {
  const counts = new Map(top.map((row) => [String(row.value), Number(row.n)]));
  const own = [...counts.keys()].slice(0, TOP_VALUES);
  const categories = bins?.kind === 'category' ? bins.categories : own;
  const inside = categories.map((value) => counts.get(value) ?? 0);
  const other = profile.count - inside.reduce((sum, count) => sum + count, 0);
  profile.histogram = { bins: { kind: 'category', categories }, counts: [...inside, other] };
  profile.top = own.slice(0, TOP_VALUES).map((value) => ({ value, count: counts.get(value) as number }));
  if (counts.size < TOP_VALUES) profile.distinct = own.length;
}

/** What a second scan has to count: new bins of numbers, single values of coarse numbers, the span of times. */
function secondQuery(
  column: Column,
  i: number,
  profile: ColumnProfile,
  row: Row,
  shared: SharedBins,
): [string, string][] {
  if (profile.min === null || profile.max === null) return [];
  const value = valueOf(column);
  if (column.type === 'timestamp') {
    const edges = spanEdges(profile.min, profile.max);
    return [[`more${i}`, `select ${histogram(value, edges, i).join(', ')} from t`]];
  }
  if (!isNumber(column) || shared.has(column.name)) return [];
  if (profile.distinct <= INNER_BINS * 2) {
    return [
      [
        `more${i}`,
        `select ${value} as v, count(*)::double as n from t where ${value} is not null group by 1 order by 1`,
      ],
    ];
  }
  const { edges } = quantileBins(((row[`q${i}`] as unknown[] | null) ?? []).map(Number));
  return [[`more${i}`, `select ${histogram(value, edges, i).join(', ')} from t`]];
}

function complete(profile: ColumnProfile, row: Row, i: number, found: Row[] | undefined): void {
  if (!found) return;
  if (profile.type === 'timestamp') {
    const edges = spanEdges(profile.min as number, profile.max as number);
    const counts = slots(found[0]?.[`h${i}`], Number(found[0]?.[`e${i}`]), edges.length);
    profile.span = { edges, counts: counts.slice(1, -1) };
    return;
  }
  if (found[0] && 'v' in found[0]) {
    const values = found.map((item) => Number(item.v));
    const bins = numericBins(values, INNER_BINS);
    const counts = Array.from({ length: bins.edges.length + 1 }, () => 0);
    for (const item of found) {
      const slot = slotIn(bins, Number(item.v));
      counts[slot] = (counts[slot] as number) + Number(item.n);
    }
    profile.distinct = values.length;
    profile.histogram = { bins, counts };
    return;
  }
  const bins = quantileBins(((row[`q${i}`] as unknown[] | null) ?? []).map(Number));
  profile.histogram = {
    bins,
    counts: slots(found[0]?.[`h${i}`], Number(found[0]?.[`e${i}`]), bins.edges.length),
  };
}

function slotIn(bins: NumericBins, value: number): number {
  if (value === bins.edges[0]) return bins.edges.length > 1 ? 1 : 0;
  const slot = bins.edges.findIndex((edge) => value <= edge);
  return slot < 0 ? bins.edges.length : slot;
}

/** DuckDB counts (-∞, first edge], …, (last edge, ∞); here the first edge itself belongs to slot 1. */
function slots(map: unknown, onFirstEdge: number, edges: number): number[] {
  const counts = ((map as { value: string }[] | null) ?? []).map((entry) => Number(entry.value));
  while (counts.length < edges + 1) counts.push(0);
  if (edges > 1) {
    counts[0] = (counts[0] as number) - onFirstEdge;
    counts[1] = (counts[1] as number) + onFirstEdge;
  }
  return counts;
}

/** Bins at quantiles; a slot's mean is taken as that of the finer quantiles within it. */
function quantileBins(steps: number[]): NumericBins & { kind: 'numeric' } {
  const places = Array.from({ length: INNER_BINS + 1 }, (_, i) => i * (STEPS / INNER_BINS));
  const edges = places
    .map((place) => steps[place] as number)
    .filter((value, i, all) => i === 0 || value > (all[i - 1] as number));
  const positions = [edges[0] as number];
  for (let i = 1; i < edges.length; i++) {
    const low = edges[i - 1] as number;
    const high = edges[i] as number;
    const inside = steps.filter((value) => value > low && value <= high);
    const middle = [low, ...inside]
      .slice(0, -1)
      .map((value, k) => (value + ([low, ...inside][k + 1] as number)) / 2);
    positions.push(middle.reduce((sum, value) => sum + value, 0) / middle.length);
  }
  return { kind: 'numeric', edges, positions: [...positions, edges.at(-1) as number] };
}

function spanEdges(min: number, max: number): number[] {
  if (max <= min) return [min, min + 1];
  return Array.from({ length: SPAN_BINS + 1 }, (_, i) =>
    i === SPAN_BINS ? max : min + ((max - min) * i) / SPAN_BINS,
  );
}

function numberOf(value: unknown): number | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}
