import type { Reader, Tx } from '../../database/index.ts';
import type { Look, Rollout } from './schema.ts';

interface RolloutTable extends Omit<Rollout, 'plan' | 'looks'> {
  plan: string;
}

declare module '../../database/tables.ts' {
  interface Tables {
    rollouts: RolloutTable;
    rollout_looks: { rollout_id: number; stage: Look['stage']; through: number; look: string };
  }
}

export async function insertRollout(tx: Tx, rollout: Omit<Rollout, 'id' | 'looks'>): Promise<number> {
  const inserted = await tx
    .insertInto('rollouts')
    .values({ ...rollout, plan: JSON.stringify(rollout.plan) } as RolloutTable)
    .returning('id')
    .executeTakeFirstOrThrow();
  return inserted.id;
}

export async function updateRollout(
  tx: Tx,
  id: number,
  change: Partial<Omit<RolloutTable, 'id' | 'plan'>>,
): Promise<void> {
  await tx.updateTable('rollouts').set(change).where('id', '=', id).execute();
}

export async function insertLook(tx: Tx, id: number, look: Look): Promise<void> {
  await tx
    .insertInto('rollout_looks')
    .values({ rollout_id: id, stage: look.stage, through: look.through, look: JSON.stringify(look) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findRollout(reader: Reader, id: number): Promise<Rollout | undefined> {
  const row = await reader.selectFrom('rollouts').selectAll().where('id', '=', id).executeTakeFirst();
  return row && (await withLooks(reader, [row]))[0];
}

export async function listRollouts(
  reader: Reader,
  filter: { project?: string; endpoint?: string; active?: boolean; limit: number },
): Promise<Rollout[]> {
  let query = reader.selectFrom('rollouts').selectAll().orderBy('id', 'desc').limit(filter.limit);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.endpoint !== undefined) query = query.where('endpoint', '=', filter.endpoint);
  if (filter.active) query = query.where('state', 'in', ['shadow', 'canary']);
  return withLooks(reader, await query.execute());
}

async function withLooks(reader: Reader, rows: RolloutTable[]): Promise<Rollout[]> {
  if (rows.length === 0) return [];
  const looks = await reader
    .selectFrom('rollout_looks')
    .selectAll()
    .where(
      'rollout_id',
      'in',
      rows.map((row) => row.id),
    )
    .orderBy('through')
    .execute();
  return rows.map((row) => ({
    ...row,
    plan: JSON.parse(row.plan) as Rollout['plan'],
    looks: looks.filter((look) => look.rollout_id === row.id).map((look) => JSON.parse(look.look) as Look),
  }));
}
