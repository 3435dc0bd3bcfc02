import { sql } from 'kysely';
import type { Database } from '../database/index.ts';

/** What says that something was, or is worked out anew: none of it holds a project back from being removed. */
const ASIDE = ['events', 'jobs', 'project_revisions', 'maturity_levels'];

/** What is left in a project: the first table with rows of it, and how many. Rooms need not be told of. */
export function projectContents(
  database: Database,
): (project: string) => Promise<{ table: string; count: number } | undefined> {
  let tables: Promise<string[]> | undefined;
  async function ofProjects(): Promise<string[]> {
    const found = await database.read.introspection.getTables();
    return found
      .filter(({ columns }) => columns.some((column) => column.name === 'project'))
      .map(({ name }) => name)
      .filter((name) => !ASIDE.includes(name))
      .toSorted();
  }

  return async (project) => {
    for (const table of await (tables ??= ofProjects())) {
      // Every project has the experiment that clients mean who name none.
      const but = table === 'experiments' ? sql`and name <> 'Default'` : sql``;
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from ${sql.table(table)} where project = ${project} ${but}`.execute(
        database.read,
      );
      const count = Number(rows[0]?.n ?? 0);
      if (count > 0) return { table, count };
    }
    return undefined;
  };
}
