// Runs `npm ci` when node_modules does not match package-lock.json. Uses Node's own modules only, because nothing else is there yet.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export function install() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
      `Rondo needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and try again.`,
    );
    process.exit(1);
  }
  const lock = readFileSync(`${root}/package-lock.json`);
  const digest = createHash('sha256').update(lock).update(process.version).digest('hex');
  const stamp = `${root}/node_modules/.rondo-install`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.log(
    'Installing dependencies (npm ci). better-sqlite3 may compile itself, which takes one to three minutes.',
  );
  const started = Date.now();
  const result = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) {
    console.error(
      'npm ci failed. It needs the npm registry, a C++ toolchain and Python 3; the lines above say what was missing.',
    );
    process.exit(1);
  }
  writeFileSync(stamp, digest);
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}
