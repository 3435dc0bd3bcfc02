import { type RawBuilder, sql } from 'kysely';
import type { ReadDatabase } from '../../../database/index.ts';
import type { Engine } from '../../../database/statements.ts';
import { SPAN_KEYS, TRACE_KEYS } from '../schema/traces.ts';
import type { MetricFilter } from '../schema/trace-metrics.ts';
import { oneOf } from './search.ts';

type Sql = RawBuilder<unknown>;

export interface TraceScope {
  project: string;
  experiments: readonly number[];
  filters: readonly MetricFilter[];
  /** Epoch ms in which a trace began, both ends included. */
  start?: number | undefined;
  end?: number | undefined;
}

export interface MeasuredTrace {
  id: number;
  trace_id: string;
  start_ms: number;
  state: string;
  duration_ms: number | null;
  name: string | null;
  session: string | null;
  /** JSON, from elsewhere. */
  tokens: string | null;
}

/** Attributes are JSON texts; times digits of nanoseconds. */
export interface MeasuredSpan {
  name: string;
  type: string | null;
  status: string;
  start_us: number;
  cost: string | null;
  model: string | null;
  provider: string | null;
  start: string | null;
  end: string | null;
}

export interface MeasuredAssessment {
  trace: number;
  name: string;
  body: string;
}

const PAGE = 2000;

const pairOf = (table: 'trace_tags' | 'trace_metadata', key: string): Sql =>
  sql`(select p.value from ${sql.ref(table)} p where p.trace = traces.id and p.key = ${key})`;

function holds({ entity, key, value }: MetricFilter): Sql {
  if (entity === 'status') return sql`traces.state = ${value}`;
  const table = sql.ref(entity === 'tag' ? 'trace_tags' : 'trace_metadata');
  const found = sql`exists (select 1 from ${table} p where p.trace = traces.id and p.key = ${key} and p.value = ${value})`;
  if (key !== TRACE_KEYS.sourceRun) return found;
  return sql`(${found} or exists (select 1 from trace_links l where l.trace = traces.id and l.kind = 'run' and l.target = ${value}))`;
}

/** All traces of a scope page by page, by the index of an experiment's newest traces. */
export async function* tracesOf(
  { read }: ReadDatabase,
  { project, experiments, filters, start, end }: TraceScope,
): AsyncGenerator<MeasuredTrace[]> {
  for (const experiment of new Set(experiments)) {
    let last: MeasuredTrace | undefined;
    do {
      const where = [
        sql`traces.project = ${project}`,
        sql`traces.experiment = ${experiment}`,
        ...filters.filter(({ view }) => view === 'trace').map(holds),
        ...(start === undefined ? [] : [sql`traces.start_ms >= ${start}`]),
        ...(end === undefined ? [] : [sql`traces.start_ms <= ${end}`]),
        ...(last
          ? [
              sql`traces.start_ms <= ${last.start_ms}`,
              sql`(traces.start_ms < ${last.start_ms} or traces.trace_id > ${last.trace_id})`,
            ]
          : []),
      ];
      const { rows }: { rows: MeasuredTrace[] } = await sql<MeasuredTrace>`
        select traces.id, traces.trace_id, traces.start_ms, traces.state, traces.duration_ms,
          ${pairOf('trace_tags', TRACE_KEYS.name)} as name,
          ${pairOf('trace_metadata', TRACE_KEYS.session)} as session,
          ${pairOf('trace_metadata', TRACE_KEYS.tokens)} as tokens
        from traces where ${sql.join(where, sql` and `)}
        order by traces.start_ms desc, traces.trace_id limit ${PAGE}`.execute(read);
      if (rows.length > 0) yield rows;
      last = rows.length === PAGE ? rows.at(-1) : undefined;
    } while (last);
  }
}

const MODEL = [SPAN_KEYS.model, 'gen_ai.response.model', 'gen_ai.request.model'];
const PROVIDER = [SPAN_KEYS.provider, 'gen_ai.provider.name', 'gen_ai.system'];

export async function spansOf(
  { read, capabilities: { engine } }: ReadDatabase,
  traces: readonly number[],
  filters: readonly MetricFilter[],
  needs: { model: boolean; times: boolean },
): Promise<(MeasuredSpan & { trace: number })[]> {
  const field = (column: string, keys: readonly string[]) =>
    sql`coalesce(${sql.join(keys.map((key) => member(engine, column, key)))}, null)`;
  const nothing = sql`null`;
  const where = [
    oneOf(sql`s.trace`, traces, engine),
    ...filters
      .filter(({ view }) => view === 'span')
      .map(({ entity, value }) => sql`s.${sql.ref(entity)} = ${value}`),
  ];
  const { rows } = await sql<MeasuredSpan & { trace: number }>`
    select s.trace, s.name, s.type, s.status, s.start_us, s.cost,
      ${needs.model ? field('attributes', MODEL) : nothing} as model,
      ${needs.model ? field('attributes', PROVIDER) : nothing} as provider,
      ${needs.times ? member(engine, 'body', 'start') : nothing} as start,
      ${needs.times ? member(engine, 'body', 'end') : nothing} as "end"
    from trace_spans s where ${sql.join(where, sql` and `)}`.execute(read);
  return rows;
}

/** A text in a JSON object that is kept as text. */
function member(engine: Engine, column: string, key: string): Sql {
  const json = sql`s.${sql.ref(column)}`;
  return engine === 'sqlite' ? sql`json_extract(${json}, ${`$."${key}"`})` : sql`(${json}::json ->> ${key})`;
}

/** Those that none overrides. */
export async function assessmentsOf(
  { read, capabilities: { engine } }: ReadDatabase,
  traces: readonly number[],
  filters: readonly MetricFilter[],
): Promise<MeasuredAssessment[]> {
  const where = [
    oneOf(sql`a.trace`, traces, engine),
    sql`a.valid = 1`,
    ...filters
      .filter(({ view }) => view === 'assessment')
      .map(({ entity, value }) => sql`a.${sql.ref(entity === 'type' ? 'kind' : 'name')} = ${value}`),
  ];
  const { rows } = await sql<MeasuredAssessment>`
    select a.trace, a.name, a.body from trace_assessments a where ${sql.join(where, sql` and `)}`.execute(
    read,
  );
  return rows;
}
