import type { Generated } from 'kysely';
import type { Tx } from '../../../database/index.ts';

declare module '../../../database/tables.ts' {
  interface Tables {
    gateways: { number: Generated<number>; created_at: number };
  }
}

/** The next number of a gateway folder, counted over all replicas. */
export async function claimGateway(tx: Tx): Promise<number> {
  const row = await tx
    .insertInto('gateways')
    .values({ created_at: Date.now() })
    .returning('number')
    .executeTakeFirstOrThrow();
  return row.number;
}
