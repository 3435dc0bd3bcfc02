import { type Analytics, identifier } from '../../analytics/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Column, DatasetVersion } from '../datasets/schema.ts';
import { columnType } from '../datasets/profile.ts';
import { checkUserSql } from '../datasets/user-sql.ts';
import { FEATURE_ERRORS } from './errors.ts';
import { CONSTANT_KEY, type FeatureView, type Partition } from './schema.ts';

type Definition = Pick<
  FeatureView,
  'name' | 'entity' | 'sql' | 'features' | 'time_column' | 'lookback_ms' | 'versions'
>;

const TIMEOUT_MS = 600_000;

/** What a Parquet blob of view rows holds, besides its place among the partitions. */
export type PartitionFacts = Pick<
  Partition,
  'digest' | 'bytes' | 'rows' | 'keys' | 'min_event' | 'max_event' | 'max_created' | 'unique_times'
>;

/** Throws FEATURE_SQL unless the view's SELECT runs over these columns and gives what the view declares. */
export async function checkViewSql(
  analytics: Analytics,
  view: Definition,
  columns: readonly Column[] | undefined,
): Promise<void> {
  await checkUserSql(analytics, view.sql, ['source']);
  if (!columns) return;
  const nulls = columns.map((column) => `null::${column.sql_type} as ${identifier(column.name)}`).join(', ');
  await shapeOf(analytics, view, {
    statements: [`create or replace temp view source as select ${nulls} limit 0`],
  });
  if (
    view.time_column !== null &&
    columns.find(({ name }) => name === view.time_column)?.type !== 'timestamp'
  ) {
    throw new AppError(
      FEATURE_ERRORS.FEATURE_SQL,
      `View '${view.name}' names '${view.time_column}' as its time column, which is no timestamp of its source.`,
    );
  }
}

/**
 * Computes the view over one dataset version, with the tail of earlier ones that it looks back into. With a time column only
 * rows from the version's first time on are kept: earlier ones belong to earlier partitions. The same inputs give the same
 * bytes. Undefined when nothing is left.
 */
export async function materialise(
  analytics: Analytics,
  view: Definition,
  version: DatasetVersion,
  earlier: readonly DatasetVersion[],
  signal?: AbortSignal,
): Promise<PartitionFacts | undefined> {
  const from = startOf(view, version);
  const tail = from === undefined || view.lookback_ms === 0 || view.versions === 'snapshot' ? [] : earlier;
  const source = sourceOf(view, version, tail, from);
  const columns = await shapeOf(analytics, view, source);
  const { outputs } = await analytics.run({
    ...source,
    outputs: {
      rows: rowsSql(view, columns, version.created_at, view.versions === 'snapshot' ? undefined : from),
    },
    timeoutMs: TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  });
  const facts = await factsOf(analytics, outputs.rows);
  return facts && !facts.unique_times ? withoutTwins(analytics, view, facts) : facts;
}

/** Counts a blob of view rows; undefined when it has none. */
export async function factsOf(
  analytics: Analytics,
  blob: { digest: string; size: number },
): Promise<PartitionFacts | undefined> {
  const { rows } = await analytics.run({
    tables: { t: [blob.digest] },
    rows: {
      facts: `select count(*)::double as n, count(distinct key)::double as keys, min(event_time)::double as min_event,
        max(event_time)::double as max_event, max(created_time)::double as max_created,
        (select count(*) from (select key, event_time from t group by all))::double as times from t`,
    },
  });
  const found = rows.facts[0] as Record<string, number>;
  if (found.n === 0) return undefined;
  return {
    digest: blob.digest,
    bytes: blob.size,
    rows: found.n as number,
    keys: found.keys as number,
    min_event: found.min_event as number,
    max_event: found.max_event as number,
    max_created: found.max_created as number,
    unique_times: found.n === found.times,
  };
}

interface Source {
  tables?: Record<string, string[]>;
  statements: string[];
}

function startOf(view: Definition, version: DatasetVersion): number | undefined {
  if (view.time_column === null) return undefined;
  const column = version.profile.columns.find(({ name }) => name === view.time_column);
  if (column?.type === 'timestamp' && column.min !== null) return column.min;
  throw new AppError(
    FEATURE_ERRORS.FEATURE_SQL,
    `Version ${version.version} of '${version.dataset}' has no times in '${view.time_column}', the time column of view '${view.name}'.`,
  );
}

function sourceOf(
  view: Definition,
  version: DatasetVersion,
  tail: readonly DatasetVersion[],
  from: number | undefined,
): Source {
  const parts = (list: readonly DatasetVersion[]) =>
    list.flatMap((item) => item.parts.map((part) => part.digest));
  if (tail.length === 0 || from === undefined || view.time_column === null) {
    return {
      tables: { new_rows: parts([version]) },
      statements: ['create or replace temp view source as select * from new_rows'],
    };
  }
  const since = `make_timestamp_ms(${from - view.lookback_ms})`;
  return {
    tables: { new_rows: parts([version]), old_rows: parts(tail) },
    statements: [
      `create or replace temp view source as select * from new_rows
       union all by name select * from old_rows where ${identifier(view.time_column)} >= ${since}`,
    ],
  };
}

/** The columns of the SELECT, by name. */
async function shapeOf(analytics: Analytics, view: Definition, source: Source): Promise<Map<string, string>> {
  const text = `describe (\n${view.sql}\n)`;
  const { rows } = await analytics.run({ ...source, rows: { columns: text } }).catch((cause: unknown) => {
    const why = cause instanceof AppError ? cause.message.split('\n')[0] : String(cause);
    throw new AppError(FEATURE_ERRORS.FEATURE_SQL, `The SELECT of view '${view.name}' does not run: ${why}`, {
      cause,
    });
  });
  const columns = new Map(rows.columns.map((row) => [String(row.column_name), String(row.column_type)]));
  const needed = [
    ...(view.entity === null ? [] : ['key']),
    'event_time',
    ...view.features.map(({ name }) => name),
  ];
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) {
    throw new AppError(
      FEATURE_ERRORS.FEATURE_SQL,
      `The SELECT of view '${view.name}' gives no ${missing.join(', ')}; it gives ${[...columns.keys()].join(', ')}.`,
    );
  }
  return columns;
}

function rowsSql(
  view: Definition,
  columns: ReadonlyMap<string, string>,
  createdAt: number,
  from: number | undefined,
): string {
  const time = (name: string) =>
    columnType(columns.get(name) ?? '') === 'int' ? `${name}::bigint` : `epoch_ms(${name}::timestamp)`;
  const key = view.entity === null && !columns.has('key') ? `'${CONSTANT_KEY}'` : 'key::varchar';
  const created = columns.has('created_time')
    ? `coalesce(${time('created_time')}, ${createdAt})`
    : `${createdAt}::bigint`;
  const features = view.features.map(({ name }) => identifier(name));
  return `select * from (
      select ${key} as key, ${time('event_time')} as event_time, ${created} as created_time,
        ${features.map((name) => `case when isfinite(${name}::double) then ${name}::double end as ${name}`).join(', ')}
      from (\n${view.sql}\n))
    where key is not null and event_time is not null${from === undefined ? '' : ` and event_time >= ${from}`}
    order by event_time, key, created_time`;
}

/** Leaves one of several rows with the same key and times, always the same one. */
async function withoutTwins(
  analytics: Analytics,
  view: Definition,
  facts: PartitionFacts,
): Promise<PartitionFacts | undefined> {
  const features = view.features.map(({ name }) => identifier(name)).join(', ');
  const { outputs } = await analytics.run({
    tables: { t: [facts.digest] },
    outputs: {
      rows: `select * from t
        qualify row_number() over (partition by key, event_time, created_time order by ${features}) = 1
        order by event_time, key, created_time`,
    },
    timeoutMs: TIMEOUT_MS,
  });
  return factsOf(analytics, outputs.rows);
}
