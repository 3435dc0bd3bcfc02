import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from './vitest.config.ts';

/** Longest first, so that no worker is left alone with one of them at the end. */
const LONGEST = ['quickstart', 'pages'];
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? LONGEST.length : at;
    };
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Tests that need more than npm (the real mlflow client, Chromium, an S3 server: `.ci/run` installs them), or minutes. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/full/**/*.test.ts', 'src/server/{permissions,tenants}.test.ts'],
    env: { ...base.test?.env, RONDO_TEST_FULL: 'true' },
    exclude: ['node_modules/**'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    sequence: { sequencer: LongestFirst },
  },
});
