import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The example's own tests; `*.integration.ts` asks the server that RONDO_URL and RONDO_TOKEN name. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { alias: { rondo: fileURLToPath(new URL('../../src/sdk/index.ts', import.meta.url)) } },
  test: { include: ['*.test.ts', '*.integration.ts'], pool: 'forks', maxWorkers: 2, testTimeout: 30_000 },
});
