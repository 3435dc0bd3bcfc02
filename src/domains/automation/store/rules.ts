import type { Reader, Tx } from '../../../database/index.ts';
import type { Rule, RuleState } from '../schema/rule.ts';

interface RuleTable {
  project: string;
  name: string;
  revision: number;
  definition: string;
  origin: string;
  state: RuleState;
  state_by: string;
  state_at: number;
  state_reason: string | null;
  breaker_from: number;
  next_due: number | null;
  created_at: number;
  updated_at: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    rules: RuleTable;
    rule_revisions: {
      project: string;
      name: string;
      revision: number;
      definition: string;
      author: string;
      created_at: number;
    };
  }
}

export interface RuleRow extends Omit<RuleTable, 'definition'> {
  rule: Rule;
}

const parse = ({ definition, ...row }: RuleTable): RuleRow => ({
  ...row,
  rule: JSON.parse(definition) as Rule,
});

export async function findRule(reader: Reader, project: string, name: string): Promise<RuleRow | undefined> {
  const row = await reader
    .selectFrom('rules')
    .selectAll()
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && parse(row);
}

/** Rules of one project, or of all when it is null. */
export async function listRules(
  reader: Reader,
  filter: { project: string | null; state?: RuleState; origin?: string },
): Promise<RuleRow[]> {
  let query = reader.selectFrom('rules').selectAll().orderBy('project').orderBy('name');
  if (filter.project !== null) query = query.where('project', '=', filter.project);
  if (filter.state) query = query.where('state', '=', filter.state);
  if (filter.origin) query = query.where('origin', '=', filter.origin);
  return (await query.execute()).map(parse);
}

export async function saveRule(tx: Tx, row: RuleRow, author: string): Promise<void> {
  const { rule, ...rest } = row;
  const definition = JSON.stringify(rule);
  const { project: _, name: __, created_at: ___, ...changes } = { ...rest, definition };
  await tx
    .insertInto('rules')
    .values({ ...rest, definition })
    .onConflict((conflict) => conflict.columns(['project', 'name']).doUpdateSet(changes))
    .execute();
  await tx
    .insertInto('rule_revisions')
    .values({
      project: row.project,
      name: row.name,
      revision: row.revision,
      definition,
      author,
      created_at: row.updated_at,
    })
    .execute();
}

export async function deleteRule(tx: Tx, project: string, name: string): Promise<void> {
  await tx.deleteFrom('rules').where('project', '=', project).where('name', '=', name).execute();
}

/** Revision numbers go on after a rule was removed and comes back. */
export async function lastRevision(reader: Reader, project: string, name: string): Promise<number> {
  const row = await reader
    .selectFrom('rule_revisions')
    .select((eb) => eb.fn.max('revision').as('revision'))
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst();
  return Number(row?.revision ?? 0);
}

/** Changes the state when it is one of `from`; says whether it did. */
export async function setRuleState(
  tx: Tx,
  key: { project: string; name: string },
  from: readonly RuleState[],
  to: { state: RuleState; by: string; reason: string | null; breakerFrom?: number },
): Promise<boolean> {
  const row = await tx
    .updateTable('rules')
    .set({
      state: to.state,
      state_by: to.by,
      state_at: Date.now(),
      state_reason: to.reason,
      ...(to.breakerFrom === undefined ? {} : { breaker_from: to.breakerFrom }),
    })
    .where('project', '=', key.project)
    .where('name', '=', key.name)
    .where('state', 'in', from)
    .returning('name')
    .executeTakeFirst();
  return row !== undefined;
}

/** Moves the next due time; when `due` is given, only if it is still the stored one. */
export async function setDue(
  tx: Tx,
  key: { project: string; name: string },
  next: number | null,
  due?: number,
): Promise<boolean> {
  let query = tx
    .updateTable('rules')
    .set({ next_due: next })
    .where('project', '=', key.project)
    .where('name', '=', key.name);
  if (due !== undefined) query = query.where('next_due', '=', due).where('state', '=', 'on');
  return (await query.returning('name').executeTakeFirst()) !== undefined;
}
