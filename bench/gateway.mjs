// Runs bench/gateway.ts, bundled, because Node 20 runs no TypeScript. Start it in the repository's folder.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

mkdirSync('dist', { recursive: true });
const folder = mkdtempSync('dist/bench-');
const outfile = `${folder}/gateway.mjs`;
await build({
  entryPoints: ['bench/gateway.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
rmSync(folder, { recursive: true, force: true });
process.exit(status ?? 1);
