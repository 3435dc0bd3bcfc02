import type { Reader, Tx } from '../../../database/index.ts';
import type { ActionRecord, ActionState } from '../schema/firing.ts';
import type { Action } from '../schema/rule.ts';

interface FiringActionTable {
  firing_id: number;
  position: number;
  asked: string;
  state: ActionState;
  urn: string | null;
  error: string | null;
  ended_at: number | null;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    firing_actions: FiringActionTable;
  }
}

const parseAction = ({ firing_id: _, asked, ...row }: FiringActionTable): ActionRecord => ({
  ...row,
  asked: JSON.parse(asked) as Action,
});

export async function insertActions(tx: Tx, firing: number, actions: readonly Action[]): Promise<void> {
  for (const [position, asked] of actions.entries()) {
    await tx
      .insertInto('firing_actions')
      .values({
        firing_id: firing,
        position,
        asked: JSON.stringify(asked),
        state: 'waiting',
        urn: null,
        error: null,
        ended_at: null,
      })
      .execute();
  }
}

export async function listActions(reader: Reader, firing: number): Promise<ActionRecord[]> {
  const rows = await reader
    .selectFrom('firing_actions')
    .selectAll()
    .where('firing_id', '=', firing)
    .orderBy('position')
    .execute();
  return rows.map(parseAction);
}

/** The actions that began this thing and have not ended. */
export async function actionsOf(reader: Reader, urn: string) {
  return reader
    .selectFrom('firing_actions')
    .select(['firing_id', 'position', 'state'])
    .where('urn', '=', urn)
    .execute();
}

export async function setAction(
  tx: Tx,
  firing: number,
  position: number,
  from: readonly ActionState[],
  to: { state: ActionState; urn?: string | null; error?: string | null },
): Promise<boolean> {
  const row = await tx
    .updateTable('firing_actions')
    .set({ ...to, ended_at: to.state === 'waiting' || to.state === 'started' ? null : Date.now() })
    .where('firing_id', '=', firing)
    .where('position', '=', position)
    .where('state', 'in', from)
    .returning('position')
    .executeTakeFirst();
  return row !== undefined;
}
