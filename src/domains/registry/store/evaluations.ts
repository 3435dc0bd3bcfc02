import type { Reader, Tx } from '../../../database/index.ts';
import type { Evaluation } from '../schema/evaluation.ts';

type Report = Pick<Evaluation, 'reports' | 'pairs' | 'slices' | 'trained_on'>;

interface EvaluationTable extends Omit<Evaluation, keyof Report> {
  report: string;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    evaluations: EvaluationTable;
  }
}

export async function insertEvaluation(tx: Tx, evaluation: Omit<Evaluation, 'id'>): Promise<number> {
  const { reports, pairs, slices, trained_on, ...row } = evaluation;
  const inserted = await tx
    .insertInto('evaluations')
    .values({ ...row, report: JSON.stringify({ reports, pairs, slices, trained_on }) } as EvaluationTable)
    .returning('id')
    .executeTakeFirstOrThrow();
  return inserted.id;
}

/** Newest first. */
export async function listEvaluations(
  reader: Reader,
  filter: { project: string; model?: string; version?: number; since?: number; limit: number },
): Promise<Evaluation[]> {
  let query = reader
    .selectFrom('evaluations')
    .selectAll()
    .where('project', '=', filter.project)
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.model !== undefined) query = query.where('model', '=', filter.model);
  if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since);
  if (filter.version !== undefined) query = query.where('version', '=', filter.version);
  return (await query.execute()).map(parse);
}

export async function findEvaluation(reader: Reader, id: number): Promise<Evaluation | undefined> {
  const row = await reader.selectFrom('evaluations').selectAll().where('id', '=', id).executeTakeFirst();
  return row && parse(row);
}

function parse({ report, ...row }: EvaluationTable): Evaluation {
  return { ...row, ...(JSON.parse(report) as Report) };
}
