import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { Loader, Plugin } from 'esbuild';
import { type Bundle, common, nativeOutside, rondoIs, sha256 } from './bundle.ts';

const LOADERS: Record<string, Loader> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
};
// What esbuild prints for a top-level declaration, one form whatever the author's layout.
const STEP = /^(export )?(const|let|var) ([\w$]+) = (?:[\w$]+\.)?step\("((?:[^"\\]|\\.)+)",/gm;
const PIPELINE = /^(export default |(?:export )?(?:const|let|var) [\w$]+ = )((?:[\w$]+\.)?pipeline\()/gm;

export interface Slice {
  /** Of the step's own code with all that it uses. */
  digest: string;
  /** Whether that code can read pipeline parameters. */
  readsParams: boolean;
}

/**
 * What belongs to each step alone: the file is bundled once per step with only that step kept, and esbuild drops what it does
 * not use. So an edit of one step leaves the others' cached results valid. A step that is not declared at the top level of a
 * file as `const name = step('name', …)` counts with the whole bundle.
 */
export async function sliceSteps(
  steps: readonly string[],
  bundle: Bundle,
  root: string,
): Promise<Map<string, Slice>> {
  const whole: Slice = { digest: bundle.digest, readsParams: true };
  const places = await findSteps(bundle.sources);
  const slices = await Promise.all(
    [...new Set(steps)].map(async (step): Promise<[string, Slice]> => {
      const file = places.get(step);
      return [step, file === undefined ? whole : await slice(step, file, bundle, root).catch(() => whole)];
    }),
  );
  return new Map(slices);
}

/** The file that declares each step; one declared twice is in none. */
async function findSteps(sources: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const twice = new Set<string>();
  for (const file of sources.filter((path) => extname(path) in LOADERS)) {
    for (const match of (await printed(file)).matchAll(STEP)) {
      const name = match[4] as string;
      if (found.has(name)) twice.add(name);
      found.set(name, file);
    }
  }
  for (const name of twice) found.delete(name);
  return found;
}

async function slice(step: string, file: string, bundle: Bundle, root: string): Promise<Slice> {
  const { build } = await import('esbuild');
  const dropped = new Set<string>();
  const result = await build({
    ...common(root),
    stdin: {
      contents: `export { __rondoStep } from ${JSON.stringify(file)};`,
      resolveDir: dirname(file),
      sourcefile: 'rondo-slice.js',
    },
    treeShaking: true,
    plugins: [
      rondoIs({ external: true }),
      nativeOutside(new Set()),
      onlyStep(step, new Set(bundle.sources), dropped),
    ],
  });
  const text = result.outputFiles[0]?.text ?? '';
  // A step that uses another one by more than the names of its outputs depends on all of it.
  const tangled = [...dropped].some((name) =>
    new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$]|\\.out\\.| = \\{ out)`).test(text),
  );
  if (tangled) throw new Error(`Step '${step}' refers to another step as a whole.`);
  return { digest: sha256(text), readsParams: /\bparams\b/.test(text) };
}

/** Exports the one step, and makes every other step and pipeline something that can be dropped. */
const onlyStep = (wanted: string, sources: Set<string>, dropped: Set<string>): Plugin => ({
  name: 'one-step',
  setup(build) {
    build.onLoad({ filter: /\.[mc]?[jt]sx?$/ }, async ({ path }) => {
      if (!sources.has(path) || !(extname(path) in LOADERS)) return undefined;
      let exported = '';
      const text = (await printed(path))
        .replace(STEP, (_, exports: string | undefined, __, variable: string, name: string) => {
          const call = `step("${name}",`;
          // An arrow around the call makes it something without effects, which is dropped with all it refers to.
          if (name !== wanted) {
            dropped.add(variable);
            return `${exports ?? ''}const ${variable} = { out: {} };\nconst __rondoDropped_${variable} = () => ${call}`;
          }
          exported = `\nexport { ${variable} as __rondoStep };\n`;
          return `${exports ?? ''}const ${variable} = ${call}`;
        })
        .replace(PIPELINE, '$1() => $2');
      return { contents: text + exported, loader: 'js', resolveDir: dirname(path) };
    });
  },
});

async function printed(file: string): Promise<string> {
  const { transform } = await import('esbuild');
  const loader = LOADERS[extname(file)] ?? 'js';
  return (await transform(await readFile(file, 'utf8'), { loader, format: 'esm', target: 'node20' })).code;
}
