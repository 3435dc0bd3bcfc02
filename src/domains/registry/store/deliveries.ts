import type { Reader, Tx } from '../../../database/index.ts';
import type { Delivery } from '../schema/webhook.ts';

export interface DeliveryRow extends Delivery {
  webhook: string;
  event_id: string;
  body: string;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    webhook_deliveries: DeliveryRow;
  }
}

/** False when the webhook was given this event before. */
export async function insertDelivery(
  tx: Tx,
  row: Pick<DeliveryRow, 'id' | 'webhook' | 'event' | 'event_id' | 'body'>,
): Promise<boolean> {
  const now = Date.now();
  const inserted = await tx
    .insertInto('webhook_deliveries')
    .values({
      ...row,
      state: 'waiting',
      attempts: 0,
      status: null,
      error: null,
      next_at: now,
      created_at: now,
      ended_at: null,
    })
    .onConflict((conflict) => conflict.columns(['webhook', 'event_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function findDelivery(reader: Reader, id: string): Promise<DeliveryRow | undefined> {
  return reader.selectFrom('webhook_deliveries').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function updateDelivery(
  tx: Tx,
  id: string,
  change: Pick<DeliveryRow, 'state' | 'attempts' | 'status' | 'error' | 'next_at' | 'ended_at'>,
): Promise<void> {
  await tx.updateTable('webhook_deliveries').set(change).where('id', '=', id).execute();
}

export async function listDeliveries(reader: Reader, webhook: string, limit: number): Promise<Delivery[]> {
  return reader
    .selectFrom('webhook_deliveries')
    .select(['id', 'event', 'state', 'attempts', 'status', 'error', 'next_at', 'created_at', 'ended_at'])
    .where('webhook', '=', webhook)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** Forgets what has ended, but for the newest `keep` of a webhook. */
export async function trimDeliveries(tx: Tx, webhook: string, keep: number): Promise<void> {
  await tx
    .deleteFrom('webhook_deliveries')
    .where('webhook', '=', webhook)
    .where('ended_at', 'is not', null)
    .where('id', 'not in', (eb) =>
      eb
        .selectFrom('webhook_deliveries')
        .select('id')
        .where('webhook', '=', webhook)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(keep),
    )
    .execute();
}
