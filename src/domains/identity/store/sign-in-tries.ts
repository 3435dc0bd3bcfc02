import type { Tx } from '../../../database/index.ts';

/** Free tries of a name or an address at a moment, epoch ms. */
interface TriesTable {
  key: string;
  free: number;
  at: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    sign_in_tries: TriesTable;
  }
}

/** The row of a key, new ones with `free` tries; others who want it wait for this transaction. */
export async function lockTries(tx: Tx, key: string, free: number, at: number): Promise<TriesTable> {
  return tx
    .insertInto('sign_in_tries')
    .values({ key, free, at })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => ({ at: eb.ref('sign_in_tries.at') })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function setTries(tx: Tx, { key, free, at }: TriesTable): Promise<void> {
  await tx.updateTable('sign_in_tries').set({ free, at }).where('key', '=', key).execute();
}

/** Rows from before a moment say nothing any more. */
export async function forgetTries(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('sign_in_tries').where('at', '<', before).execute();
}
