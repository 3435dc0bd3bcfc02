import { defineConfig } from 'vitest/config';
import { fileURLToPath } from 'node:url';

export default defineConfig({
  resolve: { alias: { rondo: fileURLToPath(new URL('./src/sdk/index.ts', import.meta.url)) } },
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['test/full/**', 'node_modules/**'],
    globalSetup: ['test/postgres.ts', 'test/state-folder.ts'],
    // What runs of tests are made of is nobody's business, but where a test asks for it.
    env: { RONDO_CAPTURE: 'off' },
    pool: 'forks',
    maxWorkers: 2,
    // Loading the modules anew for each of 140 files took more than half of the processor time of the suite.
    isolate: false,
    // Ends what hangs; slow machines take many times what a quiet one does.
    expect: { poll: { timeout: 60_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
