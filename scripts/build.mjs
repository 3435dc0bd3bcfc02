// Bundles the server side with esbuild and the browser side with Vite into dist/. Skips what has not changed since the last build.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root } from './install.mjs';

const EXTERNAL = [
  'better-sqlite3',
  'onnxruntime-node',
  '@duckdb/node-api',
  'pg',
  '@aws-sdk/*',
  '@node-rs/argon2',
  'esbuild',
  'vite',
  'vega-datasets',
  'rondo',
];

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

function digest(...places) {
  const hash = createHash('sha256');
  for (const place of places) {
    const list = existsSync(join(root, place)) ? [...files(join(root, place))] : [];
    for (const file of list.sort((a, b) => (a < b ? -1 : 1)))
      hash.update(relative(root, file)).update(readFileSync(file));
  }
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

function changed(part, value) {
  const stamp = join(root, 'dist', `.${part}`);
  return {
    stale: !existsSync(stamp) || readFileSync(stamp, 'utf8') !== value,
    done: () => writeFileSync(stamp, value),
  };
}

export async function build() {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const program = changed('program', digest('src', 'scripts', 'examples'));
  if (program.stale) {
    const { build: bundle } = await import('esbuild');
    await bundle({
      absWorkingDir: root,
      entryPoints: {
        cli: 'src/cli/main.ts',
        server: 'src/server/main.ts',
        'gateway-parent': 'src/gateway/parent.ts',
        'gateway-worker': 'src/gateway/worker.ts',
        analytics: 'src/analytics/child.ts',
        'reader-thread': 'src/server/reader-thread.ts',
        evaluate: 'src/runtimes/evaluate.ts',
        'onnx-thread': 'src/runtimes/onnx/thread.ts',
        sdk: 'src/sdk/index.ts',
      },
      outdir: 'dist',
      bundle: true,
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: EXTERNAL,
      sourcemap: 'linked',
      minifySyntax: true,
      logLevel: 'warning',
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    });
    // One self-contained file, because it also runs where nothing else of Rondo is.
    await bundle({
      absWorkingDir: root,
      entryPoints: { step: 'src/launchers/step.ts' },
      outdir: 'dist',
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      minifySyntax: true,
      logLevel: 'warning',
    });
    await bundle({
      absWorkingDir: root,
      entryPoints: { flights: 'examples/flights/play.ts' },
      outdir: 'dist/examples',
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: EXTERNAL,
      logLevel: 'warning',
    });
    program.done();
  }
  const types = changed('types', digest('src/sdk', 'src/domains', 'src/lib', 'src/events', 'src/launchers'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const declared =
    types.stale && existsSync(compiler)
      ? promisify(execFile)(process.execPath, [compiler, '-p', join(root, 'tsconfig.sdk.json')]).then(
          types.done,
        )
      : undefined;
  const web = changed('web', digest('src/web', 'src/ui', 'src/domains', 'src/lib'));
  if (web.stale && existsSync(join(root, 'src/web/index.html'))) {
    const vite = await import('vite');
    await vite.build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
    web.done();
  }
  await declared;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await build();
