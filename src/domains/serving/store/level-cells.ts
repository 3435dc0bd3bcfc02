import type { Reader, Tx } from '../../../database/index.ts';
import { horizonOf, inAllResolutions, joined, type LevelCell, RESOLUTIONS } from '../schema/level-cell.ts';

declare module '../../../database/tables.ts' {
  interface Tables {
    level_cells: LevelCell;
  }
}

const ROWS_PER_INSERT = 500;
const KEY = ['endpoint', 'clock', 'step_ms', 'slot', 'deployment'] as const;

/** Adds what a segment says to the cells that are there, and drops the fine ones that no chart reads any more. */
export async function addCells(tx: Tx, fresh: readonly LevelCell[]): Promise<void> {
  for (const endpoint of [...new Set(fresh.map((cell) => cell.endpoint))].sort()) {
    // Replicas that import segments of one endpoint take turns: the cells are read before they are written.
    await tx
      .updateTable('endpoints')
      .set((eb) => ({ revision: eb.ref('revision') }))
      .where('name', '=', endpoint)
      .execute();
    const cells = inAllResolutions(fresh.filter((cell) => cell.endpoint === endpoint));
    for (const clock of ['event', 'wall'] as const) {
      for (const step_ms of RESOLUTIONS[clock]) {
        const added = cells.filter((cell) => cell.clock === clock && cell.step_ms === step_ms);
        if (added.length === 0) continue;
        await merge(tx, added, { endpoint, clock, step_ms });
        await forget(tx, { endpoint, clock, step_ms });
      }
    }
  }
}

type Layer = Pick<LevelCell, 'endpoint' | 'clock' | 'step_ms'>;

async function merge(tx: Tx, added: readonly LevelCell[], layer: Layer): Promise<void> {
  const slots = added.map((cell) => cell.slot);
  const known = await inLayer(tx, layer)
    .where('slot', '>=', Math.min(...slots))
    .where('slot', '<=', Math.max(...slots))
    .selectAll()
    .execute();
  const touched = new Set(slots);
  const rows = joined([...known.filter((cell) => touched.has(cell.slot)), ...added]);
  for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
    await tx
      .insertInto('level_cells')
      .values(rows.slice(at, at + ROWS_PER_INSERT))
      .onConflict((conflict) =>
        conflict.columns(KEY).doUpdateSet((eb) => ({
          answers: eb.ref('excluded.answers'),
          errors: eb.ref('excluded.errors'),
          latency: eb.ref('excluded.latency'),
          first_wall: eb.ref('excluded.first_wall'),
          last_wall: eb.ref('excluded.last_wall'),
        })),
      )
      .execute();
  }
}

/** Age is by wall clock on both clocks, so that one event time far ahead forgets nothing. */
async function forget(tx: Tx, layer: Layer): Promise<void> {
  const horizon = horizonOf(layer.clock, layer.step_ms);
  if (horizon === null) return;
  const newest = await lastAnswer(tx, layer);
  if (newest === null) return;
  await tx
    .deleteFrom('level_cells')
    .where('endpoint', '=', layer.endpoint)
    .where('clock', '=', layer.clock)
    .where('step_ms', '=', layer.step_ms)
    .where(layer.clock === 'wall' ? 'slot' : 'last_wall', '<', newest - horizon)
    .execute();
}

const inLayer = (reader: Reader, layer: Layer) =>
  reader
    .selectFrom('level_cells')
    .where('endpoint', '=', layer.endpoint)
    .where('clock', '=', layer.clock)
    .where('step_ms', '=', layer.step_ms);

/** Wall time of the newest answer in the cells. */
export async function lastAnswer(reader: Reader, layer: Layer): Promise<number | null> {
  const row = await inLayer(reader, layer)
    .select((eb) => eb.fn.max('last_wall').as('last'))
    .executeTakeFirst();
  return row?.last ?? null;
}

/** Cells whose slots start in [from, until), in order. */
export const listCells = (
  reader: Reader,
  layer: Layer,
  { from, until }: { from: number; until: number },
): Promise<LevelCell[]> =>
  inLayer(reader, layer)
    .where('slot', '>=', from)
    .where('slot', '<', until)
    .selectAll()
    .orderBy('slot')
    .orderBy('deployment')
    .execute();
