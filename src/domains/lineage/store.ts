import type { Reader, Tx } from '../../database/index.ts';
import type { LineageLink, Relation } from './schema.ts';

declare module '../../database/tables.ts' {
  interface Tables {
    lineage_links: {
      project: string;
      from_urn: string;
      relation: Relation;
      to_urn: string;
      created_at: number;
    };
  }
}

export async function insertLink(tx: Tx, project: string, link: LineageLink): Promise<void> {
  await tx
    .insertInto('lineage_links')
    .values({
      project,
      from_urn: link.from,
      relation: link.relation,
      to_urn: link.to,
      created_at: link.created_at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Links of the given things: what they came from (`up`) or what came of them (`down`). */
export async function linksOf(
  reader: Reader,
  urns: string[],
  direction: 'up' | 'down',
  limit: number,
): Promise<(LineageLink & { project: string })[]> {
  if (urns.length === 0) return [];
  const rows = await reader
    .selectFrom('lineage_links')
    .select(['project', 'from_urn', 'relation', 'to_urn', 'created_at'])
    .where(direction === 'up' ? 'from_urn' : 'to_urn', 'in', urns)
    .orderBy('created_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    project: row.project,
    from: row.from_urn,
    relation: row.relation,
    to: row.to_urn,
    created_at: row.created_at,
  }));
}
