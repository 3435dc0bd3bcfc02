import { type Analytics, identifier } from '../../analytics/index.ts';
import { AppError } from '../../lib/errors.ts';
import { DATASET_ERRORS } from './errors.ts';
import type { Column, DatasetVersion } from './schema.ts';
import { checkUserSql, selectWhere } from './user-sql.ts';

export interface RowsQuery {
  limit: number;
  offset: number;
  columns?: readonly string[] | undefined;
  /** SQL condition on the columns. */
  where?: string | undefined;
}

export interface RowsPage {
  columns: Column[];
  /** 64-bit integers as numbers where they are exact, times as ISO text without a zone (UTC). */
  rows: Record<string, unknown>[];
  /** Rows that the condition leaves. */
  total: number;
}

const TIMEOUT_MS = 20_000;

export async function readRows(
  analytics: Analytics,
  version: DatasetVersion,
  query: RowsQuery,
): Promise<RowsPage> {
  const wanted = query.columns ?? version.columns.map((column) => column.name);
  const columns = wanted.map((name) => {
    const column = version.columns.find((candidate) => candidate.name === name);
    if (column) return column;
    throw new AppError(
      DATASET_ERRORS.SQL_REFUSED,
      `Version ${version.version} of '${version.dataset}' has no column '${name}'.`,
      { hint: `It has ${version.columns.map((candidate) => candidate.name).join(', ')}.` },
    );
  });
  const text = selectWhere('data', query.where);
  if (query.where !== undefined) await checkUserSql(analytics, text, ['data']);
  const list = columns.map((column) => identifier(column.name)).join(', ');
  const { rows } = await analytics.run({
    tables: { data: version.parts.map((part) => part.digest) },
    rows: {
      page: `select ${list} from (\n${text}\n) limit ${query.limit} offset ${query.offset}`,
      ...(query.where === undefined ? {} : { total: `select count(*)::double as n from (\n${text}\n)` }),
    } as { page: string; total: string },
    timeoutMs: TIMEOUT_MS,
  });
  const whole = columns.filter((column) => column.type === 'int').map((column) => column.name);
  for (const row of rows.page) for (const name of whole) row[name] = exactNumber(row[name]);
  const total = query.where === undefined ? version.rows : Number(rows.total[0]?.n);
  return { columns, rows: rows.page, total };
}

function exactNumber(value: unknown): unknown {
  const number = typeof value === 'string' ? Number(value) : value;
  return Number.isSafeInteger(number) ? number : value;
}
