import { type Analytics, identifier } from '../../analytics/index.ts';
import { psi } from '../../lib/statistics/drift.ts';
import type { Column, Comparison, Profile } from './schema.ts';

/** What differs between two versions, from their profiles alone. */
export function compare(
  before: Profile,
  after: Profile,
): Pick<Comparison, 'added' | 'removed' | 'retyped' | 'columns'> {
  const old = new Map(before.columns.map((column) => [column.name, column]));
  const fresh = new Map(after.columns.map((column) => [column.name, column]));
  const bare = ({ name, type, sql_type }: Column): Column => ({ name, type, sql_type });
  const shared = after.columns.flatMap((column) => {
    const match = old.get(column.name);
    return match ? [{ before: match, after: column }] : [];
  });
  return {
    added: after.columns.filter((column) => !old.has(column.name)).map(bare),
    removed: before.columns.filter((column) => !fresh.has(column.name)).map(bare),
    retyped: shared
      .filter((pair) => pair.before.sql_type !== pair.after.sql_type)
      .map((pair) => ({ name: pair.after.name, before: pair.before.sql_type, after: pair.after.sql_type })),
    columns: shared.map((pair) => {
      const a = pair.before.histogram;
      const b = pair.after.histogram;
      const same = a && b && JSON.stringify(a.bins) === JSON.stringify(b.bins);
      const distance = same ? psi(a.counts, b.counts) : Number.NaN;
      const value = Number.isFinite(distance) ? distance : null;
      return { name: pair.after.name, psi: value, verdict: verdictOf(value), ...pair };
    }),
  };
}

/** Rows added, removed and changed, matched by a key that is unique in both. */
export async function compareRows(
  analytics: Analytics,
  parts: { before: readonly string[]; after: readonly string[] },
  key: readonly string[],
  columns: readonly string[],
): Promise<NonNullable<Comparison['rows']>> {
  const keys = key.map(identifier);
  const rest = columns.map(identifier);
  const side = (name: string) =>
    `select ${keys.map((column, i) => `${column} as k${i}`).join(', ')}, hash(${rest.length > 0 ? rest.join(', ') : '1'}) as h, 1 as here from ${name}`;
  const on = keys.map((_, i) => `a.k${i} is not distinct from b.k${i}`).join(' and ');
  const { rows } = await analytics.run({
    tables: { before_rows: parts.before, after_rows: parts.after },
    rows: {
      all: `select (count(*) filter (where a.here is null))::double as added, (count(*) filter (where b.here is null))::double as removed,
        (count(*) filter (where a.h <> b.h))::double as changed, (count(*) filter (where a.h = b.h))::double as same
        from (${side('before_rows')}) a full join (${side('after_rows')}) b on ${on}`,
    },
  });
  const row = rows.all[0] ?? {};
  const count = (name: string) => Number(row[name] ?? 0);
  return {
    key: [...key],
    added: count('added'),
    removed: count('removed'),
    changed: count('changed'),
    same: count('same'),
  };
}

function verdictOf(value: number | null): Comparison['columns'][number]['verdict'] {
  if (value === null) return 'unknown';
  if (value > 0.2) return 'shifted';
  return value > 0.1 ? 'moved' : 'same';
}
