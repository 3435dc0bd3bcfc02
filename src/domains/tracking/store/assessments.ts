import type { Reader, Tx } from '../../../database/index.ts';
import type { AssessmentRow } from './tables.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import { idList } from './runs.ts';

export type { AssessmentRow };

export function assessmentStore(engine: Engine) {
  return {
    async find(reader: Reader, trace: number, assessmentId: string): Promise<AssessmentRow | undefined> {
      return reader
        .selectFrom('trace_assessments')
        .selectAll()
        .where('trace', '=', trace)
        .where('assessment_id', '=', assessmentId)
        .executeTakeFirst();
    },

    /** An assessment that is there already is replaced. */
    async put(tx: Tx, row: AssessmentRow): Promise<void> {
      const { trace: _, assessment_id: __, number: ___, ...rest } = row;
      await tx
        .insertInto('trace_assessments')
        .values(row)
        .onConflict((conflict) => conflict.columns(['trace', 'assessment_id']).doUpdateSet(rest))
        .execute();
    },

    /** The number of the next assessment of a trace, which gives their order. */
    async nextNumber(tx: Tx, trace: number): Promise<number> {
      const { last } = await tx
        .selectFrom('trace_assessments')
        .select((of) => of.fn.max<number | null>('number').as('last'))
        .where('trace', '=', trace)
        .executeTakeFirstOrThrow();
      return (last ?? 0) + 1;
    },

    /** Answers whether there was one. */
    async setValid(tx: Tx, trace: number, assessmentId: string, valid: boolean): Promise<boolean> {
      const found = await tx
        .updateTable('trace_assessments')
        .set({ valid: valid ? 1 : 0 })
        .where('trace', '=', trace)
        .where('assessment_id', '=', assessmentId)
        .returning('assessment_id')
        .executeTakeFirst();
      return found !== undefined;
    },

    async remove(tx: Tx, trace: number, assessmentId: string): Promise<AssessmentRow | undefined> {
      return tx
        .deleteFrom('trace_assessments')
        .where('trace', '=', trace)
        .where('assessment_id', '=', assessmentId)
        .returningAll()
        .executeTakeFirst();
    },

    /** In the order they were made. */
    async of(reader: Reader, traces: readonly number[]): Promise<Map<number, AssessmentRow[]>> {
      const found = new Map<number, AssessmentRow[]>(traces.map((id) => [id, []]));
      const text = placeholders(
        engine,
        `select * from trace_assessments where trace in ${idList(engine)} order by trace, number, assessment_id`,
      );
      const rows = await run<AssessmentRow>(reader, text, [JSON.stringify(traces)]);
      for (const row of rows) found.get(row.trace)?.push(row);
      return found;
    },
  };
}
