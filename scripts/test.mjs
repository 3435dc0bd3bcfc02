// `npm test`: install when needed, then the test suite. Further arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { install, root } from './install.mjs';

install();
const { build } = await import('./build.mjs');
await build();
const result = spawnSync(
  process.execPath,
  [`${root}/node_modules/vitest/vitest.mjs`, 'run', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(result.status ?? 1);
