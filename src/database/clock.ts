import { sql } from 'kysely';
import type { Capabilities, Reader } from './database.ts';

/** The time of the database, epoch ms. */
export async function databaseTime(reader: Reader, { now }: Capabilities): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${now} as now`.execute(reader);
  return (rows[0] as { now: number }).now;
}
