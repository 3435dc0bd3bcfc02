import { storableList } from '../../../lib/storable.ts';
import { type RawBuilder, sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import type { KeyValue } from '../schema.ts';
import type { SpanRow, TraceRow } from './tables.ts';
import {
  type ColumnType,
  type Engine,
  placeholders,
  run,
  RowStatement,
} from '../../../database/statements.ts';
import { idList } from './runs.ts';

export type { TraceRow };
export type TraceValues = Omit<TraceRow, 'id'>;
type Pairs = 'trace_tags' | 'trace_metadata';

export interface TraceDetails {
  tags: Map<number, Map<string, string>>;
  metadata: Map<number, Map<string, string>>;
}

/** The key first. */
const SPAN = {
  trace: 'bigint',
  span_id: 'text',
  parent_id: 'text',
  name: 'text',
  type: 'text',
  status: 'text',
  start_us: 'bigint',
  end_us: 'bigint',
  attributes: 'text',
  body: 'text',
  tokens: 'text',
  cost: 'text',
} as const satisfies Record<keyof SpanRow, ColumnType>;
const SPAN_COLUMNS = Object.keys(SPAN) as (keyof SpanRow)[];

export function traceStore(engine: Engine) {
  const upsert = (table: Pairs) =>
    new RowStatement(engine, {
      table,
      columns: { trace: 'bigint', key: 'text', value: 'text' },
      then: 'on conflict (trace, key) do update set value = excluded.value',
    });
  const putSpans = new RowStatement(engine, {
    table: 'trace_spans',
    columns: SPAN,
    then: `on conflict (trace, span_id) do update set ${SPAN_COLUMNS.slice(2)
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}`,
  });
  const puts = { trace_tags: upsert('trace_tags'), trace_metadata: upsert('trace_metadata') };

  return {
    async find(reader: Reader, project: string, traceId: string): Promise<TraceRow | undefined> {
      return reader
        .selectFrom('traces')
        .selectAll()
        .where('trace_id', '=', traceId)
        .where('project', '=', project)
        .executeTakeFirst();
    },

    /** The traces of these ids that the project has, in no order. */
    async findMany(reader: Reader, project: string, traceIds: readonly string[]): Promise<TraceRow[]> {
      if (traceIds.length === 0) return [];
      return reader
        .selectFrom('traces')
        .selectAll()
        .where('project', '=', project)
        .where(sql<boolean>`trace_id in ${textList(engine, traceIds)}`)
        .execute();
    },

    /**
     * The row of a trace, made if there is none, and held until the write ends: whoever else writes to that trace waits. Several are
     * taken in the order of their ids.
     */
    async take(tx: Tx, row: TraceValues): Promise<{ row: TraceRow; made: boolean }> {
      const made = await tx
        .insertInto('traces')
        .values(row)
        .onConflict((conflict) => conflict.columns(['project', 'trace_id']).doNothing())
        .returningAll()
        .executeTakeFirst();
      if (made) return { row: made, made: true };
      const held = await tx
        .updateTable('traces')
        .set({ trace_id: row.trace_id })
        .where('project', '=', row.project)
        .where('trace_id', '=', row.trace_id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return { row: held, made: false };
    },

    async update(tx: Tx, id: number, change: Partial<TraceValues>): Promise<void> {
      await tx.updateTable('traces').set(change).where('id', '=', id).execute();
    },

    async put(tx: Tx, table: Pairs, id: number, pairs: Iterable<readonly [string, string]>): Promise<void> {
      const rows = [...new Map(pairs)].map(([key, value]) => [id, key, value]);
      await puts[table].run(tx, rows);
    },

    async removeTag(tx: Tx, id: number, key: string): Promise<boolean> {
      const gone = await tx
        .deleteFrom('trace_tags')
        .where('trace', '=', id)
        .where('key', '=', key)
        .returning('key')
        .executeTakeFirst();
      return gone !== undefined;
    },

    async details(reader: Reader, ids: readonly number[]): Promise<TraceDetails> {
      const [tags, metadata] = await Promise.all([
        pairsOf(reader, 'trace_tags', ids),
        pairsOf(reader, 'trace_metadata', ids),
      ]);
      return { tags, metadata };
    },

    async link(tx: Tx, kind: 'run' | 'prompt', links: readonly { trace: number; target: string }[]) {
      if (links.length === 0) return;
      await tx
        .insertInto('trace_links')
        .values(links.map((link) => ({ ...link, kind })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /** Removes traces of an experiment, the oldest first, with all that belongs to them; at most `limit`. Answers their ids. */
    async remove(
      tx: Tx,
      scope: { project: string; experiment: number },
      which: { traceIds: readonly string[] } | { until: number },
      limit: number,
    ): Promise<string[]> {
      const chosen: RawBuilder<boolean> =
        'until' in which
          ? sql<boolean>`start_ms <= ${which.until}`
          : sql<boolean>`trace_id in ${textList(engine, which.traceIds)}`;
      const gone = await tx
        .deleteFrom('traces')
        .where('id', 'in', (from) =>
          from
            .selectFrom('traces')
            .select('id')
            .where('project', '=', scope.project)
            .where('experiment', '=', scope.experiment)
            .where(chosen)
            .orderBy('start_ms')
            .orderBy('trace_id')
            .limit(limit),
        )
        .returning('trace_id')
        .execute();
      return gone.map((row) => row.trace_id);
    },

    /** Spans of one trace. Of a span given twice the last counts, here and among those that are kept already. */
    async putSpans(tx: Tx, rows: readonly SpanRow[]): Promise<void> {
      const last = new Map(rows.map((row) => [row.span_id, row]));
      await putSpans.run(
        tx,
        [...last.values()].map((row) => SPAN_COLUMNS.map((column) => row[column])),
      );
    },

    /** Root first, then by start. */
    async spans(reader: Reader, ids: readonly number[]): Promise<Map<number, SpanRow[]>> {
      const found = new Map<number, SpanRow[]>(ids.map((id) => [id, []]));
      const text = placeholders(
        engine,
        `select * from trace_spans where trace in ${idList(engine)}
        order by trace, case when parent_id is null then 0 else 1 end, start_us, span_id`,
      );
      for (const row of await run<SpanRow>(reader, text, [JSON.stringify(ids)]))
        found.get(row.trace)?.push(row);
      return found;
    },

    /** What the sums over a trace are made from. */
    async spanSums(reader: Reader, id: number) {
      return reader
        .selectFrom('trace_spans')
        .select(['span_id', 'parent_id', 'tokens', 'cost', 'start_us', 'end_us'])
        .where('trace', '=', id)
        .execute();
    },
  };

  async function pairsOf(reader: Reader, table: Pairs, ids: readonly number[]) {
    const found = new Map<number, Map<string, string>>(ids.map((id) => [id, new Map<string, string>()]));
    const text = placeholders(
      engine,
      `select trace, key, value from ${table} where trace in ${idList(engine)} order by trace, key`,
    );
    const rows = await run<KeyValue & { trace: number }>(reader, text, [JSON.stringify(ids)]);
    for (const { trace, key, value } of rows) found.get(trace)?.set(key, value);
    return found;
  }
}

/** A set of texts from one parameter: their JSON list. */
function textList(engine: Engine, texts: readonly string[]): RawBuilder<unknown> {
  const list = storableList(texts);
  return engine === 'sqlite'
    ? sql`(select value from json_each(${list}))`
    : sql`(select item from jsonb_array_elements_text(${list}::jsonb) as listed (item))`;
}
