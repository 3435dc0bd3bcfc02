import { Connection, type Credentials, isAbsent, listOf } from './connection.ts';
import { openTables } from './tables.ts';
import { text } from './words.ts';

/** Workspaces of a server that has them; none where it does not know of any. */
export async function workspacesOfServer(address: string, credentials: Credentials): Promise<string[]> {
  const server = new Connection(address, undefined, credentials);
  try {
    const { workspaces_enabled } = await server.json('GET', '/api/3.0/mlflow/server-info', {});
    if (workspaces_enabled !== true) return [];
    const { workspaces } = await server.json('GET', '/api/3.0/mlflow/workspaces', {});
    return listOf(workspaces).map(({ name }) => text(name));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Workspaces that something of the database is in, or that it lists; none where it is older than they are. */
export async function workspacesOfDatabase(url: string): Promise<string[]> {
  const tables = await openTables(url);
  try {
    if (!(await tables.has('workspaces'))) return [];
    const sql = `select name from workspaces union select workspace from experiments
      union select workspace from registered_models order by 1`;
    return (await tables.all(sql)).map(({ name }) => text(name)).filter((name) => name !== '');
  } finally {
    await tables.close();
  }
}

/** The name of a source, with its workspace where one was named. */
export const nameIn = (name: string, workspace: string | undefined): string =>
  workspace === undefined ? name : `${name} (workspace ${workspace})`;
