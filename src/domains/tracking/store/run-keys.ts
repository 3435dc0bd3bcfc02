import { type RawBuilder, sql } from 'kysely';
import type { ReadDatabase } from '../../../database/index.ts';
import type { Filter } from '../../../lib/search/filter.ts';
import { conditionsSql, type RunScope, scopeSql } from './run-search.ts';

type Sql = RawBuilder<unknown>;
export type KeyKind = 'metrics' | 'params' | 'tags';

export interface CountedKey {
  key: string;
  runs: number;
}

export interface CountedValue {
  value: string;
  runs: number;
}

const TABLES = { params: 'run_params', tags: 'run_tags' } as const;

const newest = (scope: RunScope, engine: 'sqlite' | 'postgres', runs: number): Sql =>
  sql`(select runs.id, runs.status, runs.user_id, runs.name from runs where ${sql.join(scopeSql(scope, engine), sql` and `)}
    order by runs.start_time desc, runs.run_id limit ${runs})`;

/** Text with `term` somewhere in it, whatever its case; `%` and `_` of the term are themselves. */
function contains(text: Sql, term: string): Sql {
  const pattern = `%${term.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return sql`lower(${text}) like ${pattern} escape '\\'`;
}

/** Keys of the newest `runs` runs whose name holds `term`, those of most runs first. */
export async function keysOfRuns(
  { read, capabilities: { engine } }: ReadDatabase,
  scope: RunScope,
  { kind, term, limit, runs }: { kind: KeyKind; term: string; limit: number; runs: number },
): Promise<CountedKey[]> {
  const from = newest(scope, engine, runs);
  const counted =
    kind === 'metrics'
      ? sql`(select k.name as key, c.n from (select m.key, count(*) as n from ${from} as r
          join metric_latest m on m.run = r.id group by m.key) as c join metric_keys k on k.id = c.key)`
      : sql`(select p.key, count(*) as n from ${from} as r
          join ${sql.ref(TABLES[kind])} as p on p.run = r.id group by p.key)`;
  const where = term === '' ? sql`` : sql` where ${contains(sql`found.key`, term)}`;
  const { rows } = await sql<{
    key: string;
    n: number;
  }>`select found.key, found.n from ${counted} as found${where}
    order by found.n desc, found.key limit ${limit}`.execute(read);
  return rows.map(({ key, n }) => ({ key, runs: Number(n) }));
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  status: 'status',
  user_id: 'user_id',
  run_name: 'name',
};

/** Values under one key in the newest `runs` runs, the commonest first; none for metrics and for attributes that are not text. */
export async function valuesOfRuns(
  { read, capabilities: { engine } }: ReadDatabase,
  scope: RunScope,
  asked: { kind: 'params' | 'tags' | 'attributes'; key: string; term: string; limit: number; runs: number },
): Promise<CountedValue[]> {
  const { kind, key, term, limit, runs } = asked;
  const from = newest(scope, engine, runs);
  const column = ATTRIBUTES[key];
  if (kind === 'attributes' && column === undefined) return [];
  const value = kind === 'attributes' ? sql.ref(`r.${column}`) : sql`p.value`;
  const joined =
    kind === 'attributes'
      ? sql``
      : sql` join ${sql.ref(TABLES[kind])} as p on p.run = r.id and p.key = ${key}`;
  const where = term === '' ? sql`` : sql` where ${contains(value, term)}`;
  const { rows } = await sql<{
    value: string;
    n: number;
  }>`select ${value} as value, count(*) as n from ${from} as r${joined}${where}
    group by ${value} order by n desc, value limit ${limit}`.execute(read);
  return rows.map(({ value: each, n }) => ({ value: each, runs: Number(n) }));
}

/** All keys of matching runs, in order. */
export async function distinctKeys(
  { read, capabilities: { engine } }: ReadDatabase,
  scope: RunScope,
  filter: Filter | undefined,
): Promise<Record<KeyKind, string[]>> {
  const matching = sql`(select runs.id from runs where ${sql.join(conditionsSql(scope, filter, engine), sql` and `)})`;
  const ask = async (query: Sql) => {
    const { rows } = await sql<{ key: string }>`${query}`.execute(read);
    return rows.map((row) => row.key);
  };
  const pairs = (table: string) =>
    ask(
      sql`select distinct p.key from ${matching} as r join ${sql.ref(table)} as p on p.run = r.id order by p.key`,
    );
  return {
    metrics: await ask(
      sql`select k.name as key from metric_keys k where k.id in (select m.key from ${matching} as r join metric_latest m on m.run = r.id) order by k.name`,
    ),
    params: await pairs('run_params'),
    tags: await pairs('run_tags'),
  };
}
