import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, Plugin } from 'esbuild';
import { AppError } from '../../lib/errors.ts';
import { FILE_ERRORS } from './errors.ts';

export interface Bundle {
  text: string;
  digest: string;
  /** Packages left out, to be loaded from the author's project. */
  externals: string[];
  /** The author's own files in it. */
  sources: string[];
}

const BANNER =
  "import { createRequire as __rondoRequire } from 'node:module'; const require = __rondoRequire(import.meta.url);";

/** Everything a pipeline file needs in one module, except native packages and Node's own. */
export async function bundleFile(file: string, root: string): Promise<Bundle> {
  const { build } = await import('esbuild');
  const externals = new Set<string>();
  const entry = [
    `import * as exported from ${JSON.stringify(`./${basename(file)}`)};`,
    "import { hostOf } from 'rondo';",
    'export const rondoBundle = hostOf(exported);',
  ].join('\n');
  const result = await build({
    ...common(root),
    stdin: { contents: entry, resolveDir: dirname(file), sourcefile: 'rondo-entry.js' },
    sourcemap: 'inline',
    sourcesContent: false,
    metafile: true,
    outfile: join(root, 'bundle.mjs'),
    banner: { js: BANNER },
    plugins: [rondoIs({ path: sdkEntry() }), nativeOutside(externals)],
  }).catch((cause: unknown) => {
    throw buildError(file, cause);
  });
  const text = result.outputFiles[0]?.text ?? '';
  const sdk = dirname(sdkEntry());
  const sources = Object.keys(result.metafile.inputs)
    .map((path) => join(root, path))
    .filter((path) => existsSync(path) && !path.includes(`${sep}node_modules${sep}`) && !isSdk(path, sdk));
  return { text, digest: sha256(text), externals: [...externals].sort(), sources };
}

/** Options under which the same sources give the same text on every machine. */
export const common = (root: string) =>
  ({
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'silent',
  }) as const satisfies BuildOptions;

/** `rondo` is the SDK of this installation, or stays outside. */
export const rondoIs = (target: { path: string } | { external: true }): Plugin => ({
  name: 'rondo',
  setup(build) {
    build.onResolve({ filter: /^rondo$/ }, () =>
      'path' in target ? target : { path: 'rondo', external: true },
    );
  },
});

/** Packages with machine code cannot be bundled. */
export const nativeOutside = (found: Set<string>): Plugin => ({
  name: 'native-packages',
  setup(build) {
    const known = new Map<string, boolean>();
    build.onResolve({ filter: /^[^./]/ }, async (args) => {
      if (args.pluginData === 'resolving' || args.kind === 'entry-point' || args.path.startsWith('node:'))
        return undefined;
      const resolved = await build.resolve(args.path, {
        kind: args.kind,
        importer: args.importer,
        resolveDir: args.resolveDir,
        pluginData: 'resolving',
      });
      if (resolved.errors.length > 0 || resolved.external)
        return resolved.errors.length > 0 ? undefined : resolved;
      const folder = packageFolder(resolved.path);
      if (folder === undefined) return undefined;
      if (!known.has(folder)) known.set(folder, isNative(folder));
      if (!known.get(folder)) return undefined;
      found.add(args.path);
      return { path: args.path, external: true };
    });
  },
});

export function buildError(file: string, cause: unknown): AppError {
  const errors = (cause as { errors?: { text: string; location: { file: string; line: number } | null }[] })
    .errors;
  const lines = errors?.map(({ text, location }) =>
    location ? `${location.file}:${location.line}: ${text}` : text,
  );
  return new AppError(
    FILE_ERRORS.PIPELINE_FILE,
    `${basename(file)} cannot be bundled: ${lines?.join('; ') ?? cause}`,
    {
      cause,
    },
  );
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** From source the SDK is bundled with the file; installed, the ready `dist/sdk.js` is. */
function sdkEntry(): string {
  const here = fileURLToPath(import.meta.url);
  const dist = here.lastIndexOf(`${sep}dist${sep}`);
  if (dist >= 0) return join(here.slice(0, dist), 'dist', 'sdk.js');
  return fileURLToPath(new URL('../../sdk/index.ts', import.meta.url));
}

function isSdk(path: string, sdk: string): boolean {
  const inside = (folder: string) => !relative(folder, path).startsWith('..');
  return (
    inside(sdk) ||
    (sdk.endsWith(`${sep}sdk`) &&
      ['lib', 'domains', 'events', 'launchers'].some((name) => inside(join(dirname(sdk), name))))
  );
}

function packageFolder(path: string): string | undefined {
  const at = path.lastIndexOf(`${sep}node_modules${sep}`);
  if (at < 0) return undefined;
  const parts = path.slice(at + `${sep}node_modules${sep}`.length).split(sep);
  const name = parts[0]?.startsWith('@') ? parts.slice(0, 2) : parts.slice(0, 1);
  return join(path.slice(0, at), 'node_modules', ...name);
}

interface Manifest {
  gypfile?: boolean;
  binary?: unknown;
  os?: unknown;
  optionalDependencies?: Record<string, string>;
}

function isNative(folder: string): boolean {
  if (
    ['binding.gyp', 'prebuilds', 'build/Release', 'bin/napi-v6'].some((part) =>
      existsSync(join(folder, part)),
    )
  )
    return true;
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const platforms = Object.keys(manifest.optionalDependencies ?? {}).some((name) =>
    /(linux|darwin|win32)[-_](x64|arm64)/.test(name),
  );
  return Boolean(manifest.gypfile) || manifest.binary !== undefined || manifest.os !== undefined || platforms;
}
