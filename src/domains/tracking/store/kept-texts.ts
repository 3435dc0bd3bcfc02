import type { Reader, Tx } from '../../../database/index.ts';
import { BUCKETS, LOCKS } from '../../../database/migrations/0075-run-texts.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import { keptText } from './run-texts.ts';
import { idList } from './runs.ts';

/** How many runs are written in one go, and of how many metrics, params and tags: SQLite does nothing else meanwhile. */
const MOST_RUNS = 100;
const MOST_PARTS = 4000;

/** Writes the texts of runs that have ended (see migration 75). */
export function keptTextStore(engine: Engine) {
  const parts = ['metric_latest', 'run_params', 'run_tags']
    .map(
      (table) =>
        `(select count(*) from (select 1 from ${table} as t where t.run = run_texts.run limit ${MOST_PARTS + 1}) as counted)`,
    )
    .join(' + ');
  const missing = `select run, ${parts} as parts from run_texts where text is null order by run limit ${MOST_RUNS}`;
  const these = `run in ${idList(engine)} and text is null`;
  const lock = placeholders(
    engine,
    `select run from (select run from run_texts where ${these} order by run) as found
      where pg_try_advisory_xact_lock(${LOCKS}, (run % ${BUCKETS})::int)`,
  );
  const put = placeholders(engine, `update run_texts set text = ${keptText(engine)} where ${these}`);
  const putNone = placeholders(engine, `update run_texts set text = '' where ${these}`);

  return {
    async areMissing(reader: Reader): Promise<boolean> {
      return (await run(reader, 'select run from run_texts where text is null limit 1', [])).length > 0;
    },

    /** Writes some texts that are missing. Whether there may be more that can be written now. */
    async write(tx: Tx): Promise<boolean> {
      const found = await run<{ run: number; parts: number }>(tx, missing, []);
      const long = found.filter((of) => Number(of.parts) > MOST_PARTS).map((of) => of.run);
      if (long.length > 0) await run(tx, putNone, [JSON.stringify(long)]);
      const ids: number[] = [];
      let sum = 0;
      for (const { run: id, parts: count } of found) {
        if (long.includes(id)) continue;
        sum += Number(count);
        if (ids.length > 0 && sum > MOST_PARTS) break;
        ids.push(id);
      }
      const free =
        engine === 'sqlite'
          ? ids
          : (await run<{ run: number }>(tx, lock, [JSON.stringify(ids)])).map((row) => row.run);
      if (free.length > 0) await run(tx, put, [JSON.stringify(free)]);
      return found.length > 0 && free.length + long.length > 0;
    },
  };
}
