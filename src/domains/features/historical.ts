import { type Analytics, identifier } from '../../analytics/index.ts';
import { AppError } from '../../lib/errors.ts';
import { type ColumnType, compileExpression } from '../../lib/expressions/compile.ts';
import { columnsOf } from '../datasets/profile.ts';
import type { Column } from '../datasets/schema.ts';
import { checkUserSql, selectWhere } from '../datasets/user-sql.ts';
import { ageSql, type AsOfJoin, asOfSql, keySql, maskedSql, type ViewRows, viewRowsSql } from './as-of.ts';
import { vectorOf } from './definitions.ts';
import { FEATURE_ERRORS } from './errors.ts';
import type { FeatureView, HistoricalRequest, Partition, PinnedService, ValueType } from './schema.ts';

/** A join with the view that it reads and the partitions that are there. */
export interface ResolvedJoin {
  join: PinnedService['joins'][number];
  view: Pick<FeatureView, 'name' | 'ttl_ms' | 'delay_ms' | 'features'>;
  partitions: readonly Partition[];
}

export type HistoricalQuery = Pick<
  HistoricalRequest,
  'select' | 'where' | 'sample' | 'labels' | 'keep' | 'holdout' | 'as_of'
>;

export interface JoinedTable {
  columns: string[];
  vector: string[];
  table: { digest: string; size: number };
  holdout: { digest: string; size: number } | null;
}

const SQL_TYPES: Record<ValueType, string> = {
  int: 'bigint',
  double: 'double',
  string: 'varchar',
  bool: 'boolean',
  timestamp: 'timestamp',
};
const TIMEOUT_MS = 900_000;

/**
 * Rows with everything that was known at each row's event time: request columns, transforms, features and ages of every
 * view, labels. Each view is joined by itself and the results are put together once, by row number.
 */
export async function joinHistory(
  analytics: Analytics,
  input: { digests: readonly string[]; rows: number },
  service: PinnedService,
  joins: readonly ResolvedJoin[],
  query: HistoricalQuery,
  signal?: AbortSignal,
): Promise<JoinedTable> {
  const time = service.event_time_column;
  if (time === null) {
    throw new AppError(FEATURE_ERRORS.FEATURE_ROWS, `Service '${service.name}' names no event time column.`, {
      hint: 'History is read at the time of each row: name the request column that holds it.',
    });
  }
  const text = query.select ?? selectWhere('input', query.where);
  await checkUserSql(analytics, text, ['input']);
  const tables: Record<string, readonly string[]> = { input: input.digests };
  const shape = columnsOf(
    (await analytics.run({ tables, rows: { columns: `describe (\n${text}\n)` } })).rows.columns,
  );
  const counted = query.sample
    ? await analytics.run({ tables, rows: { n: `select count(*)::double as n from (\n${text}\n)` } })
    : undefined;
  const rows = counted ? Number(counted.rows.n[0]?.n) : input.rows;
  const base = baseSql(service, time, { text, rows }, shape, query);
  const views = viewsOf(joins, query.as_of, tables);
  const labels = query.sample ? Math.min(query.sample.n, rows) : rows;
  const plans = joins.map(({ join, view }, i): AsOfJoin & { join: typeof join } => ({
    join,
    name: `j${i}`,
    rows: views[i] as ViewRows,
    features: [...new Set(join.features.map(({ feature }) => feature))],
    key: keySql(join.key),
    delayMs: view.delay_ms,
    ttlMs: view.ttl_ms,
    labels,
  }));
  const made = [...new Map(views.map((view) => [view.name, view])).values()];
  const final = finalSql(service, plans, query, base.columns);
  const held = query.holdout.map(({ from, to }) => `(b._t >= ${from} and b._t < ${to})`).join(' or ');
  const { outputs } = await analytics.run({
    tables,
    statements: [base.sql, ...made.map(viewRowsSql), ...plans.map(asOfSql)],
    outputs: (held
      ? {
          table: `${final} where not (${held}) order by b._rid`,
          holdout: `${final} where ${held} order by b._rid`,
        }
      : { table: `${final} order by b._rid` }) as { table: string; holdout: string },
    timeoutMs: TIMEOUT_MS,
    heavy: true,
    ...(signal ? { signal } : {}),
  });
  const vector = vectorOf(service);
  const extra = base.columns.filter((name) => !vector.includes(name) && name !== 'event_time');
  return {
    columns: [...(vector.includes('event_time') ? [] : ['event_time']), ...vector, ...extra],
    vector,
    table: outputs.table,
    holdout: outputs.holdout ?? null,
  };
}

/** The table `base`: `_rid`, `_t` (epoch ms), request columns in their declared types, transforms, labels and kept columns. */
function baseSql(
  service: PinnedService,
  time: string,
  input: { text: string; rows: number },
  shape: readonly Column[],
  query: HistoricalQuery,
): { sql: string; columns: string[] } {
  const given = new Map(shape.map((column) => [column.name, column]));
  const missing = [...service.request.map(({ name }) => name), ...query.keep].filter(
    (name) => !given.has(name),
  );
  if (missing.length > 0) {
    throw new AppError(FEATURE_ERRORS.FEATURE_ROWS, `The rows have no ${missing.join(', ')}.`, {
      hint: `They have ${[...given.keys()].join(', ')}; a select can give further columns.`,
    });
  }
  const raw: Record<string, ColumnType> = Object.fromEntries(
    shape.flatMap(({ name, type }) => (type === 'other' ? [] : [[name, type]])),
  );
  const request = service.request.map(
    ({ name, type }) => [name, `${identifier(name)}::${SQL_TYPES[type]}`] as const,
  );
  const labels = query.labels.map(
    ({ name, expression }) => [name, compileExpression(expression, raw).sql] as const,
  );
  const kept = query.keep.map((name) => [name, identifier(name)] as const);
  const columns = [...request, ...labels, ...kept];
  const names = [...columns.map(([name]) => name), ...vectorOf(service).slice(service.request.length)];
  const twice = names.find((name, i) => names.indexOf(name) !== i || ['_rid', '_t'].includes(name));
  if (twice !== undefined) {
    throw new AppError(FEATURE_ERRORS.FEATURE_ROWS, `Two columns of the table would be called '${twice}'.`, {
      hint: 'Give the label another name.',
    });
  }
  let sql = `select _rid, epoch_ms(${identifier(time)}::timestamp) as _t, ${columns.map(([name, value]) => `${value} as ${identifier(name)}`).join(', ')}
    from (${sampleSql(input, shape, query)}) where ${identifier(time)} is not null`;
  const types: Record<string, ColumnType> = Object.fromEntries(
    service.request.map(({ name, type }) => [name, type]),
  );
  for (const { name, expression } of service.transforms) {
    const compiled = compileExpression(expression, types);
    types[name] = compiled.type;
    sql = `select *, ${compiled.sql} as ${identifier(name)} from (${sql})`;
  }
  return { sql: `create or replace temp table base as ${sql}`, columns: columns.map(([name]) => name) };
}

/**
 * The rows with their number; of a sample, those with the smallest hash of seed, number and content. The hash is uniform, so
 * most rows are passed over before anything is sorted.
 */
function sampleSql(
  { text, rows }: { text: string; rows: number },
  shape: readonly Column[],
  query: HistoricalQuery,
): string {
  const numbered = `select *, row_number() over () as _rid from (\n${text}\n)`;
  if (!query.sample || query.sample.n >= rows) return numbered;
  const { n, seed } = query.sample;
  const hash = `hash(${seed}, _rid, ${shape.map(({ name }) => identifier(name)).join(', ')})`;
  const share = Math.min(1, (n + 10 * Math.sqrt(n) + 100) / rows);
  const below = (BigInt(Math.floor(share * 2 ** 53)) << 11n) - 1n;
  return `select * exclude (_hash) from (
    select * from (select *, ${hash} as _hash from (${numbered})) where _hash <= ${below}::ubigint
    qualify row_number() over (order by _hash, _rid) <= ${n})`;
}

/** One table of rows per view version, however many joins read it. Adds the partitions to `tables`. */
function viewsOf(
  joins: readonly ResolvedJoin[],
  asOf: number | undefined,
  tables: Record<string, readonly string[]>,
): ViewRows[] {
  const known = new Map<string, ViewRows>();
  return joins.map(({ join, view, partitions }) => {
    const id = `${join.view}@${join.view_version}`;
    const found = known.get(id);
    if (found) return found;
    const name = `v${known.size}`;
    const names = partitions.map((_, i) => `${name}_${i}`);
    partitions.forEach((partition, i) => {
      tables[names[i] as string] = [partition.digest];
    });
    const rows = {
      name,
      tables: names,
      partitions,
      features: view.features.map((feature) => feature.name),
      asOf,
    };
    known.set(id, rows);
    return rows;
  });
}

function finalSql(
  service: PinnedService,
  plans: readonly (AsOfJoin & { join: PinnedService['joins'][number] })[],
  query: HistoricalQuery,
  columns: readonly string[],
): string {
  const own = new Set(service.request.map(({ name }) => name));
  const front = own.has('event_time') || columns.includes('event_time') ? [] : ['b._t as event_time'];
  const vector = [...service.request, ...service.transforms].map(({ name }) => `b.${identifier(name)}`);
  const joined = plans.flatMap((plan) => [
    ...plan.join.features.map(({ feature, as }) => maskedSql(plan, feature, as)),
    ...(plan.join.age_as === null ? [] : [ageSql(plan, plan.join.age_as)]),
  ]);
  const extra = [...query.labels.map(({ name }) => name), ...query.keep].map(
    (name) => `b.${identifier(name)}`,
  );
  const from = plans.map((plan) => `left join ${plan.name} on ${plan.name}._rid = b._rid`).join(' ');
  return `select ${[...front, ...vector, ...joined, ...extra].join(', ')} from base b ${from}`;
}
