import type { Reader, Tx } from '../../../database/index.ts';

export const PART_KINDS = ['prediction', 'shadow', 'error', 'feedback'] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** Imported rows of one endpoint from one segment, as a Parquet blob. */
export interface Part {
  id: number;
  endpoint: string;
  kind: PartKind;
  /** Blob of the Parquet file. */
  digest: string;
  /** Digest of the segment it came from; with `endpoint` and `kind` the import is done once. */
  segment: string;
  rows: number;
  min_event_time: number;
  max_event_time: number;
  epoch: number | null;
  min_sequence: number | null;
  max_sequence: number | null;
  imported_at: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    prediction_segments: { digest: string; rows: number; gaps: number; imported_at: number };
    prediction_parts: Part;
    endpoint_clocks: { endpoint: string; settled_through: number };
  }
}

export async function segmentKnown(reader: Reader, digest: string): Promise<boolean> {
  const row = await reader
    .selectFrom('prediction_segments')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertSegment(tx: Tx, digest: string, rows: number, gaps: number): Promise<boolean> {
  const row = await tx
    .insertInto('prediction_segments')
    .values({ digest, rows, gaps, imported_at: Date.now() })
    .onConflict((conflict) => conflict.doNothing())
    .returning('digest')
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertPart(tx: Tx, part: Omit<Part, 'id'>): Promise<void> {
  await tx
    .insertInto('prediction_parts')
    .values(part as Part)
    .execute();
}

/** Parts of an endpoint whose event times touch [from, until); all kinds when none is named. */
export async function listParts(
  reader: Reader,
  endpoint: string,
  filter: { kinds?: readonly PartKind[]; from?: number | undefined; until?: number | undefined } = {},
): Promise<Part[]> {
  let query = reader
    .selectFrom('prediction_parts')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('id');
  if (filter.kinds) query = query.where('kind', 'in', filter.kinds);
  if (filter.from !== undefined) query = query.where('max_event_time', '>=', filter.from);
  if (filter.until !== undefined) query = query.where('min_event_time', '<', filter.until);
  return query.execute();
}

/** Parts that may hold the prediction with this epoch and sequence. */
export async function partsHolding(
  reader: Reader,
  endpoint: string,
  epoch: number,
  sequence: number,
): Promise<Part[]> {
  return reader
    .selectFrom('prediction_parts')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('epoch', '=', epoch)
    .where('min_sequence', '<=', sequence)
    .where('max_sequence', '>=', sequence)
    .execute();
}

export async function summary(
  reader: Reader,
  endpoint: string,
): Promise<{ predictions: number; event_time: number | null }> {
  const row = await reader
    .selectFrom('prediction_parts')
    .select((eb) => [eb.fn.sum<number>('rows').as('rows'), eb.fn.max('max_event_time').as('last')])
    .where('endpoint', '=', endpoint)
    .where('kind', '=', 'prediction')
    .executeTakeFirst();
  return { predictions: Number(row?.rows ?? 0), event_time: row?.last ?? null };
}

/** Moves the endpoint's event-time clock forward, never back; returns where it stands. */
export async function advanceClock(
  tx: Tx,
  endpoint: string,
  through: number,
): Promise<{ before: number | null; now: number }> {
  // Replicas that settle the same endpoint wait for each other.
  await tx
    .updateTable('endpoints')
    .set((eb) => ({ revision: eb.ref('revision') }))
    .where('name', '=', endpoint)
    .execute();
  const row = await tx
    .selectFrom('endpoint_clocks')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
  if (row && row.settled_through >= through) return { before: row.settled_through, now: row.settled_through };
  await tx
    .insertInto('endpoint_clocks')
    .values({ endpoint, settled_through: through })
    .onConflict((conflict) => conflict.column('endpoint').doUpdateSet({ settled_through: through }))
    .execute();
  return { before: row?.settled_through ?? null, now: through };
}

export async function clockOf(reader: Reader, endpoint: string): Promise<number | null> {
  const row = await reader
    .selectFrom('endpoint_clocks')
    .select('settled_through')
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
  return row?.settled_through ?? null;
}
