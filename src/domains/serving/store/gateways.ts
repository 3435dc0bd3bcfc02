import type { Generated } from 'kysely';
import { sql } from 'kysely';
import type { Capabilities, Reader, Tx } from '../../../database/index.ts';

/** The gateway of one data folder. Times are of the database's clock, epoch ms. */
export interface GatewayRow {
  number: number;
  created_at: number;
  /** Machine and data folder. */
  place: string;
  /** Until then its replica counts as there. */
  alive_until: number;
  /** Whether its log may hold rows that are not imported. */
  holds: number;
  /** Counts the calls to import; `answered` is the newest that it has followed. */
  called: number;
  answered: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    gateways: Omit<GatewayRow, 'number'> & { number: Generated<number> };
  }
}

const fresh = { place: '', alive_until: 0, holds: 0, called: 0, answered: 0 };

/** The next number of a gateway folder, counted over all replicas. */
export async function claimGateway(tx: Tx): Promise<number> {
  for (;;) {
    const row = await tx
      .insertInto('gateways')
      .values({ ...fresh, created_at: Date.now() })
      .onConflict((conflict) => conflict.doNothing()) // a restored database may count from below numbers in use
      .returning('number')
      .executeTakeFirst();
    if (row) return row.number;
  }
}

/** Its replica is there for so long, and answers may be in its log. */
export async function keepAlive(
  tx: Tx,
  { now }: Capabilities,
  number: number,
  place: string,
  leaseMs: number,
): Promise<void> {
  const alive = { place, holds: 1, alive_until: sql<number>`${now} + ${sql.lit(leaseMs)}` };
  await tx
    .insertInto('gateways')
    .values({ ...fresh, ...alive, number, created_at: Date.now() })
    .onConflict((conflict) => conflict.column('number').doUpdateSet(alive))
    .execute();
}

/** Its replica says goodbye. */
export async function leave(tx: Tx, { now }: Capabilities, number: number, holds: boolean): Promise<void> {
  await tx
    .updateTable('gateways')
    .set({ alive_until: now, holds: holds ? 1 : 0 })
    .where('number', '=', number)
    .execute();
}

/** Calls the gateways that are there, but not `self`, or only one; returns each with the number of its call. */
export async function callGateways(
  tx: Tx,
  { now }: Capabilities,
  self: number,
  only?: number,
): Promise<GatewayRow[]> {
  let query = tx
    .updateTable('gateways')
    .set((eb) => ({ called: eb('called', '+', 1) }))
    .where('number', '!=', self)
    .where('alive_until', '>', now);
  if (only !== undefined) query = query.where('number', '=', only);
  return query.returningAll().execute();
}

export const listGateways = (reader: Reader): Promise<GatewayRow[]> =>
  reader.selectFrom('gateways').selectAll().orderBy('number').execute();

export async function callOf(
  reader: Reader,
  number: number,
): Promise<Pick<GatewayRow, 'called' | 'answered'> | undefined> {
  return reader
    .selectFrom('gateways')
    .select(['called', 'answered'])
    .where('number', '=', number)
    .executeTakeFirst();
}

export async function answerCall(tx: Tx, number: number, called: number): Promise<void> {
  await tx.updateTable('gateways').set({ answered: called }).where('number', '=', number).execute();
}
