import type { Reader } from '../../../database/index.ts';
import { type Engine, run } from '../../../database/statements.ts';

const PARENT = 'mlflow.parentRunId';

/** How many runs name each of the given runs as their parent. */
export async function childCounts(
  reader: Reader,
  engine: Engine,
  runIds: readonly string[],
): Promise<Map<string, number>> {
  const list =
    engine === 'sqlite'
      ? '(select value from json_each(?))'
      : '(select value from jsonb_array_elements_text($1::jsonb) as listed (value))';
  // The key stands in the text, so that the index of parents alone serves it.
  const text = `select t.value, count(*) as children from run_tags t join runs r on r.id = t.run
    where t.key = '${PARENT}' and r.lifecycle = 'active' and t.value in ${list} group by t.value`;
  const rows = await run<{ value: string; children: number }>(reader, text, [JSON.stringify(runIds)]);
  return new Map(rows.map((row) => [row.value, Number(row.children)]));
}
