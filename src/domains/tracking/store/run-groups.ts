import { type RawBuilder, sql } from 'kysely';
import type { ReadDatabase } from '../../../database/index.ts';
import type { Filter } from '../../../lib/search/filter.ts';
import { conditionsSql, runAttribute, type RunScope, scopeSql } from './run-search.ts';

type Sql = RawBuilder<unknown>;

/** How many runs there are, of each status: those that match, and all of the scope. */
export async function countRuns(
  { read, capabilities: { engine } }: ReadDatabase,
  scope: RunScope,
  filter: Filter | undefined,
): Promise<{ matching: number; total: number; by_status: Record<string, number> }> {
  const count = async (conditions: readonly Sql[]) => {
    const { rows } = await sql<{ status: string; n: number }>`select runs.status, count(*) as n from runs
      where ${sql.join(conditions, sql` and `)} group by runs.status order by runs.status`.execute(read);
    return rows.map((row) => [row.status, Number(row.n)] as const);
  };
  const matching = await count(conditionsSql(scope, filter, engine));
  const all = filter ? await count(scopeSql(scope, engine)) : matching;
  const sum = (counts: typeof matching) => counts.reduce((total, [, n]) => total + n, 0);
  return { matching: sum(matching), total: sum(all), by_status: Object.fromEntries(matching) };
}

export interface GroupBy {
  /** Of `datasets` the key is `name` or `digest`: a run that read several is in the group of each. */
  kind: 'params' | 'tags' | 'attributes' | 'datasets';
  key: string;
}

export interface RunGroup {
  /** Null: runs without the key. */
  value: string | null;
  runs: number;
  /** Over the last values, NaN left out. */
  metrics: { key: string; runs: number; median: number; min: number; max: number }[];
}

/** Matching runs by the value of a key, the largest group first, with count, median and extremes of each metric. */
export async function groupRuns(
  { read, capabilities: { engine } }: ReadDatabase,
  scope: RunScope,
  asked: { filter: Filter | undefined; by: GroupBy; metrics: readonly string[]; limit: number },
): Promise<{ groups: RunGroup[]; more: boolean }> {
  const { filter, by, metrics, limit } = asked;
  const { value, joined } = groupSql(by);
  const grouped = sql`(select runs.id, ${value} as value from runs${joined} where ${sql.join(conditionsSql(scope, filter, engine), sql` and `)})`;
  const sizes = await sql<{
    value: string | null;
    n: number;
  }>`select each.value, count(*) as n from ${grouped} as each
    group by each.value order by n desc, each.value limit ${limit + 1}`.execute(read);
  const groups = new Map<string | null, RunGroup>();
  for (const { value: name, n } of sizes.rows.slice(0, limit))
    groups.set(name, { value: name, runs: Number(n), metrics: [] });
  for (const key of metrics) {
    // The median is the middle value, or the mean of the two in the middle.
    const { rows } = await sql<{
      value: string | null;
      n: number;
      low: number;
      high: number;
      median: number;
    }>`select v.value, max(v.n) as n, min(v.x) as low, max(v.x) as high,
        avg(case when v.at in ((v.n + 1) / 2, (v.n + 2) / 2) then v.x end) as median
      from (select each.value, m.value as x, count(*) over (partition by each.value) as n,
          row_number() over (partition by each.value order by m.value) as at
        from ${grouped} as each join metric_latest m on m.run = each.id and m.is_nan = 0
          and m.key = (select id from metric_keys where name = ${key})) as v
      group by v.value`.execute(read);
    for (const { value: name, n, low, high, median } of rows)
      groups.get(name)?.metrics.push({ key, runs: Number(n), median, min: low, max: high });
  }
  return { groups: [...groups.values()], more: sizes.rows.length > limit };
}

function groupSql({ kind, key }: GroupBy): { value: Sql; joined: Sql } {
  if (kind === 'attributes') return { value: runAttribute(key), joined: sql`` };
  const values =
    kind === 'datasets'
      ? sql`(select distinct u.run, d.${sql.ref(key)} as value from run_datasets u join logged_datasets d on d.id = u.dataset)`
      : sql`(select t.run, t.value from ${sql.ref(kind === 'params' ? 'run_params' : 'run_tags')} t where t.key = ${key})`;
  return { value: sql`g.value`, joined: sql` left join ${values} as g on g.run = runs.id` };
}
