import type { Reader, Tables, Tx } from '../../../database/index.ts';
import type {
  ActionRecord,
  ConditionPart,
  Consequence,
  FiredBy,
  FiringState,
  GuardAnswer,
} from '../schema/firing.ts';
import type { Action } from '../schema/rule.ts';
import { insertActions, listActions } from './actions.ts';

interface FiringTable {
  id: number;
  project: string;
  rule: string;
  rule_revision: number;
  event_id: string;
  event: string;
  state: FiringState;
  at: number;
  fired_at: number;
  flight_key: string | null;
  depth: number;
  condition_parts: string;
  guards: string;
  ended_at: number | null;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    firings: FiringTable;
    firing_consequences: {
      id: number;
      firing_id: number;
      event_id: string;
      type: string;
      subject: string;
      time: number;
    };
  }
}

export interface FiringRow extends Omit<FiringTable, 'event' | 'condition_parts' | 'guards'> {
  event: FiredBy;
  condition: ConditionPart[];
  guards: GuardAnswer[];
}

const parse = ({ condition_parts, guards, event, ...row }: FiringTable): FiringRow => ({
  ...row,
  event: JSON.parse(event) as FiredBy,
  condition: JSON.parse(condition_parts) as ConditionPart[],
  guards: JSON.parse(guards) as GuardAnswer[],
});

/** Stores a firing with its actions; undefined when this rule already answered this event. */
export async function insertFiring(
  tx: Tx,
  row: Omit<FiringRow, 'id'>,
  actions: readonly Action[],
): Promise<number | undefined> {
  const { event, condition, guards, ...rest } = row;
  const inserted = await tx
    .insertInto('firings')
    .values({
      ...rest,
      event: JSON.stringify(event),
      condition_parts: JSON.stringify(condition),
      guards: JSON.stringify(guards),
    } as FiringTable)
    .onConflict((conflict) => conflict.columns(['project', 'rule', 'event_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!inserted) return undefined;
  await insertActions(tx, inserted.id, actions);
  return inserted.id;
}

export async function findFiring(reader: Reader, id: number): Promise<FiringRow | undefined> {
  const row = await reader.selectFrom('firings').selectAll().where('id', '=', id).executeTakeFirst();
  return row && parse(row);
}

/** Reads the firing and keeps others from changing it until this verb ends. */
export async function lockFiring(tx: Tx, id: number): Promise<FiringRow | undefined> {
  const row = await tx
    .updateTable('firings')
    .set((eb) => ({ depth: eb.ref('depth') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row && parse(row);
}

export async function answered(
  reader: Reader,
  project: string,
  rule: string,
  eventId: string,
): Promise<boolean> {
  const row = await reader
    .selectFrom('firings')
    .select('id')
    .where('project', '=', project)
    .where('rule', '=', rule)
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Newest first. */
export async function listFirings(
  reader: Reader,
  filter: {
    project: string;
    rule?: string;
    states?: readonly FiringState[];
    before?: number | undefined;
    limit: number;
  },
): Promise<FiringRow[]> {
  let query = reader
    .selectFrom('firings')
    .selectAll()
    .where('project', '=', filter.project)
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.rule !== undefined) query = query.where('rule', '=', filter.rule);
  if (filter.states) query = query.where('state', 'in', filter.states);
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  return (await query.execute()).map(parse);
}

/** Guard times of the firings that acted, within the span. */
export async function actedTimes(
  reader: Reader,
  project: string,
  rule: string,
  from: number,
  to: number,
): Promise<number[]> {
  const rows = await reader
    .selectFrom('firings')
    .select('at')
    .where('project', '=', project)
    .where('rule', '=', rule)
    .where('state', '!=', 'held_back')
    .where('at', '>=', from)
    .where('at', '<=', to)
    .execute();
  return rows.map((row) => row.at);
}

/** How often each rule of the project fired since a wall-clock time, by state. */
export async function countFirings(reader: Reader, project: string, since: number) {
  return reader
    .selectFrom('firings')
    .select((eb) => ['rule', 'state', eb.fn.countAll<number>().as('count')])
    .where('project', '=', project)
    .where('fired_at', '>=', since)
    .groupBy(['rule', 'state'])
    .execute();
}

/** Firings under a flight key that have not ended, with what they began. */
export async function flying(
  reader: Reader,
  project: string,
  key: string,
): Promise<{ id: number; actions: ActionRecord[] }[]> {
  const rows = await reader
    .selectFrom('firings')
    .select('id')
    .where('project', '=', project)
    .where('flight_key', '=', key)
    .where('state', '=', 'started')
    .orderBy('id')
    .execute();
  return Promise.all(rows.map(async ({ id }) => ({ id, actions: await listActions(reader, id) })));
}

export async function setFiringState(tx: Tx, id: number, state: FiringState): Promise<void> {
  await tx.updateTable('firings').set({ state, ended_at: Date.now() }).where('id', '=', id).execute();
}

export async function addConsequence(tx: Tx, firing: number, consequence: Consequence): Promise<void> {
  await tx
    .insertInto('firing_consequences')
    .values({ firing_id: firing, ...consequence } as Tables['firing_consequences'])
    .onConflict((conflict) => conflict.columns(['firing_id', 'event_id']).doNothing())
    .execute();
}

/** In the order they were heard, at most 100. */
export async function listConsequences(reader: Reader, firing: number): Promise<Consequence[]> {
  return reader
    .selectFrom('firing_consequences')
    .select(['event_id', 'type', 'subject', 'time'])
    .where('firing_id', '=', firing)
    .orderBy('id')
    .limit(100)
    .execute();
}

/** Failed firings in a row, newest first, after the firing at which the breaker was last closed. */
export async function failuresInRow(
  reader: Reader,
  project: string,
  rule: string,
  after: number,
  limit: number,
): Promise<number> {
  const rows = await reader
    .selectFrom('firings')
    .select('state')
    .where('project', '=', project)
    .where('rule', '=', rule)
    .where('id', '>', after)
    .where('state', 'in', ['done', 'failed'])
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  const firstGood = rows.findIndex((row) => row.state !== 'failed');
  return firstGood < 0 ? rows.length : firstGood;
}

export async function newestFiring(reader: Reader, project: string, rule: string): Promise<number> {
  const row = await reader
    .selectFrom('firings')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('project', '=', project)
    .where('rule', '=', rule)
    .executeTakeFirst();
  return Number(row?.id ?? 0);
}

/** Median time from firing to end of the newest finished ones, ms; 0 when there is none. */
export async function medianDuration(reader: Reader, project: string, rule: string): Promise<number> {
  const rows = await reader
    .selectFrom('firings')
    .select(['fired_at', 'ended_at'])
    .where('project', '=', project)
    .where('rule', '=', rule)
    .where('state', '=', 'done')
    .orderBy('id', 'desc')
    .limit(101)
    .execute();
  const spans = rows.map((row) => (row.ended_at ?? row.fired_at) - row.fired_at).toSorted((a, b) => a - b);
  return spans[Math.floor(spans.length / 2)] ?? 0;
}
