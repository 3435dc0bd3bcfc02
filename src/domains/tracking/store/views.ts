import type { Reader, Tx } from '../../../database/index.ts';

/** A view of the runs table that somebody gave a name; the whole project sees it. */
export interface ViewRow {
  project: string;
  name: string;
  /** The search part of the page's address. */
  state: string;
  author: string;
  updated_at: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    run_views: ViewRow;
  }
}

export async function listViews(reader: Reader, project: string): Promise<ViewRow[]> {
  return reader
    .selectFrom('run_views')
    .selectAll()
    .where('project', '=', project)
    .orderBy('name')
    .limit(1000)
    .execute();
}

export async function putView(tx: Tx, row: ViewRow): Promise<void> {
  const { state, author, updated_at } = row;
  await tx
    .insertInto('run_views')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['project', 'name']).doUpdateSet({ state, author, updated_at }),
    )
    .execute();
}

export async function removeView(tx: Tx, project: string, name: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom('run_views')
    .where('project', '=', project)
    .where('name', '=', name)
    .returning('name')
    .executeTakeFirst();
  return gone !== undefined;
}
