import { sql } from 'kysely';
import type { Database } from '../database/index.ts';

declare module '../database/tables.ts' {
  interface Tables {
    leases: { name: string; owner: string; held_until: number };
  }
}

/** Takes or renews the lease of a name for so long, by the database's clock; false when another owner holds it. */
export async function holdLease(
  database: Database,
  name: string,
  owner: string,
  leaseMs: number,
): Promise<boolean> {
  const { now } = database.capabilities;
  const until = sql<number>`${now} + ${sql.lit(leaseMs)}`;
  const row = await database.write((tx) =>
    tx
      .insertInto('leases')
      .values({ name, owner, held_until: until })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ owner, held_until: until })
          .where((eb) => eb.or([eb('leases.owner', '=', owner), eb('leases.held_until', '<', now)])),
      )
      .returning('name')
      .executeTakeFirst(),
  );
  return row !== undefined;
}

/** Others may take it at once. */
export async function endLease(database: Database, name: string, owner: string): Promise<void> {
  await database.write((tx) =>
    tx.deleteFrom('leases').where('name', '=', name).where('owner', '=', owner).execute(),
  );
}
