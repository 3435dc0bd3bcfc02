import type { Reader, Tx } from '../../database/index.ts';
import type { Promotion, PromotionState } from './schema.ts';

interface PromotionTable extends Omit<Promotion, 'change' | 'gates' | 'next'> {
  change: string;
  gates: string;
  next: string;
}

declare module '../../database/tables.ts' {
  interface Tables {
    promotions: PromotionTable;
  }
}

const parse = (row: PromotionTable): Promotion => ({
  ...row,
  change: JSON.parse(row.change) as Promotion['change'],
  gates: JSON.parse(row.gates) as Promotion['gates'],
  next: JSON.parse(row.next) as string[],
});

export async function insertPromotion(tx: Tx, promotion: Omit<Promotion, 'id'>): Promise<number> {
  const row = {
    ...promotion,
    change: JSON.stringify(promotion.change),
    gates: JSON.stringify(promotion.gates),
    next: JSON.stringify(promotion.next),
  };
  const inserted = await tx
    .insertInto('promotions')
    .values(row as PromotionTable)
    .returning('id')
    .executeTakeFirstOrThrow();
  return inserted.id;
}

/** Moves the promotion on from one of the given states; false when it was not there any more. */
export async function movePromotion(
  tx: Tx,
  id: number,
  from: readonly PromotionState[],
  change: {
    state: PromotionState;
    sentence: string;
    gates?: Promotion['gates'];
    release?: string;
    rollout?: number;
  },
): Promise<boolean> {
  const { gates, ...rest } = change;
  const over = ['done', 'refused', 'failed'].includes(change.state);
  const row = await tx
    .updateTable('promotions')
    .set({
      ...rest,
      ...(gates ? { gates: JSON.stringify(gates) } : {}),
      ...(over ? { ended_at: Date.now() } : {}),
    })
    .where('id', '=', id)
    .where('state', 'in', from)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function findPromotion(reader: Reader, id: number): Promise<Promotion | undefined> {
  const row = await reader.selectFrom('promotions').selectAll().where('id', '=', id).executeTakeFirst();
  return row && parse(row);
}

export async function findByApproval(reader: Reader, approval: number): Promise<Promotion | undefined> {
  const row = await reader
    .selectFrom('promotions')
    .selectAll()
    .where('approval', '=', approval)
    .executeTakeFirst();
  return row && parse(row);
}

export async function findByRollout(reader: Reader, rollout: number): Promise<Promotion | undefined> {
  const row = await reader
    .selectFrom('promotions')
    .selectAll()
    .where('rollout', '=', rollout)
    .executeTakeFirst();
  return row && parse(row);
}

export async function listPromotions(
  reader: Reader,
  filter: {
    project: string;
    model?: string;
    version?: number;
    environment?: string;
    open?: boolean;
    limit: number;
  },
): Promise<Promotion[]> {
  let query = reader
    .selectFrom('promotions')
    .selectAll()
    .where('project', '=', filter.project)
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.model !== undefined) query = query.where('model', '=', filter.model);
  if (filter.version !== undefined) query = query.where('version', '=', filter.version);
  if (filter.environment !== undefined) query = query.where('environment', '=', filter.environment);
  if (filter.open) query = query.where('state', 'in', ['checking', 'waiting', 'rolling']);
  return (await query.execute()).map(parse);
}
