import { storableList } from '../../../lib/storable.ts';
import { sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import type { Engine } from '../../../database/statements.ts';
import type { Evaluation, Judgement } from '../schema/evaluation.ts';

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

/**
 * How the newest evaluated version of each named model was judged, a champion beside it going before none, then the newest. Of the
 * reports, which are long, the database reads one metric.
 */
export async function judgementsOf(
  reader: Reader,
  engine: Engine,
  project: string,
  names: readonly string[],
): Promise<Judgement[]> {
  const metrics =
    engine === 'sqlite'
      ? sql<string | null>`json_extract(e.report, '$.reports.candidate.metrics')`
      : sql<string | null>`e.report::jsonb #>> '{reports,candidate,metrics}'`;
  const inside =
    engine === 'sqlite'
      ? sql`(select value from json_each(${storableList(names)}))`
      : sql`(select jsonb_array_elements_text(${storableList(names)}::jsonb))`;
  const { rows } = await sql<Omit<Judgement, 'estimate'> & { metrics: string | null }>`
    select e.project, e.model, e.version, e.model_digest, e.dataset, e.dataset_version, e.dataset_digest, e.loss,
      ${metrics} as metrics
    from evaluations e where e.id in (
      select id from (
        select id, row_number() over (
          partition by model order by version desc, case when champion is null then 1 else 0 end, id desc
        ) as place
        from evaluations where project = ${project} and model in ${inside}
      ) as placed where place = 1
    )`.execute(reader);
  return rows.flatMap(({ metrics: text, ...row }) => {
    const found = (JSON.parse(text ?? '{}') as Record<string, Judgement['estimate']>)[row.loss];
    return found ? [{ ...row, estimate: found }] : [];
  });
}

export async function findEvaluation(reader: Reader, id: number): Promise<Evaluation | undefined> {
  const row = await reader.selectFrom('evaluations').selectAll().where('id', '=', id).executeTakeFirst();
  return row && parse(row);
}

function parse({ report, ...row }: EvaluationTable): Evaluation {
  return { ...row, ...(JSON.parse(report) as Report) };
}
