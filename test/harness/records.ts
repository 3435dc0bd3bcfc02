import { expect, vi } from 'vitest';
import type { TestServer } from './server.ts';

/** Tables that keep books about background work and wrong passwords, and texts that are made of other tables; what people made is in the others. */
export const BOOKS: readonly string[] = [
  'event_cursors',
  'gateways',
  'jobs',
  'leases',
  'rondo_migrations',
  'run_texts',
  'sign_in_tries',
];

/** Every row of every table but the books; moments of last use are left out. */
export async function recordsOf(server: TestServer): Promise<Record<string, unknown[]>> {
  const { read } = server.ground.database;
  const all: Record<string, unknown[]> = {};
  for (const { name } of await read.introspection.getTables()) {
    if (BOOKS.includes(name)) continue;
    const found = (await read
      .selectFrom(name as never)
      .selectAll()
      .execute()) as object[];
    all[name] = found.map((row) => ({ ...row, last_seen_at: 0, last_used_at: 0 }));
  }
  return all;
}

/** Until the logs of endpoints are imported and every consequence of what happened so far in these projects has ended. */
export async function quiet(server: TestServer, ...projects: string[]): Promise<void> {
  const headers = { authorization: `Bearer ${server.token}` };
  for (const project of projects) {
    const base = `/api/v1/projects/${project}`;
    const { body } = await server.call('GET', `${base}/endpoints`, undefined, { headers });
    // Else a tick does it, some seconds later.
    for (const { name } of (body as { endpoints: { name: string }[] }).endpoints)
      await server.call('POST', `${base}/endpoints/${name}/settle`, {}, { headers });
  }
  for (const project of projects)
    await vi.waitFor(
      async () => {
        const { body } = await server.call('GET', `/api/v1/projects/${project}/work`, undefined, { headers });
        expect((body as { busy: string[] }).busy).toEqual([]);
      },
      { timeout: 60_000, interval: 100 },
    );
  // Also what nobody waits for, such as a level of maturity that is computed some seconds later.
  await vi.waitFor(
    async () => {
      const jobs = server.ground.database.read.selectFrom('jobs').select('kind');
      expect(await jobs.where('state', 'in', ['queued', 'running']).execute()).toEqual([]);
    },
    { timeout: 60_000, interval: 100 },
  );
}
