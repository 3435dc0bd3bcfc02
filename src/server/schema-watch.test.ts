import { request } from 'node:http';
import { expect, it } from 'vitest';
import { endGateway } from '../../test/harness/process.ts';
import { testServer } from '../../test/harness/server.ts';

it('takes no change any more once a newer Rondo has changed the database, ends what it began, and ends', async () => {
  const server = await testServer('postgres');
  const { database } = server.ground;
  // An upload that has begun: the server waits for it.
  let begun = request(`${server.url}/api/v1/projects/default/blobs`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/octet-stream' },
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    begun.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    begun.once('error', reject);
  });
  begun = begun.on('error', () => {});
  await new Promise<void>((resolve) => begun.write('one', () => resolve()));

  expect((await server.call('GET', '/health')).status).toBe(200);
  await database.write((tx) =>
    tx
      .insertInto('rondo_migrations' as never)
      .values({ number: 999_999, name: 'later', applied_at: 0 } as never)
      .execute(),
  );
  await expect.poll(async () => (await server.call('GET', '/health')).status, { timeout: 20_000 }).toBe(503);
  const refused = await server.call('PUT', '/api/v1/projects/p', { project: 'p' });
  expect(refused).toMatchObject({ status: 503, body: { code: 'DATABASE_NEWER' } });
  expect(refused.body.message).toContain('999999 (later)');

  begun.end('two');
  expect(await answered).toBe(200);
  expect(await server.superseded).toMatchObject({ code: 'DATABASE_NEWER' });
  await expect(server.call('GET', '/health')).rejects.toThrow(/fetch failed/);
  await endGateway(server.data);
  await server.end();
});
