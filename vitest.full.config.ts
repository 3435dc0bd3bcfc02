import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests that need more than npm (the real mlflow client, Chromium, an S3 server: `.ci/run` installs them), or minutes. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/full/**/*.test.ts', 'src/server/{permissions,tenants}.test.ts'],
    env: { RONDO_TEST_FULL: 'true' },
    exclude: ['node_modules/**'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
