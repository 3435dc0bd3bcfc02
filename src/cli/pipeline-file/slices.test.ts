import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFile } from './bundle.ts';
import { readPipelineFile } from './read.ts';
import { sliceSteps } from './slices.ts';

const HELPER = 'export const scale = (n: number) => n * 2;\nexport const unused = 1;\n';
const FILE = `
import { pipeline, step, value, z } from 'rondo';
import { scale } from './helper.ts';
const LIMIT = 10;
/** A comment. */
const load = step('load', { in: { n: z.number() }, out: { n: value(z.number()) }, run: ({ inputs }) => ({ n: Math.min(inputs.n, LIMIT) }) });
const train = step('train', { in: { n: load.out.n }, out: { n: value(z.number()) }, run: ({ inputs }) => ({ n: scale(inputs.n) }) });
const report = step('report', { in: { n: train.out.n }, run: ({ params, log }) => { log(params.title); return {}; } });
const odd = step('odd', { run: () => ({ x: load.options }) as never });
export default pipeline('flow', { params: z.object({ n: z.number(), title: z.string() }) }, (p) => { load({ n: p.params.n }); report(); odd(); });
`;

describe('slices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-slices-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const slices = async (file: string, helper = HELPER) => {
    writeFileSync(join(folder, 'helper.ts'), helper);
    writeFileSync(join(folder, 'flow.ts'), file);
    const bundle = await bundleFile(join(folder, 'flow.ts'), folder);
    return { bundle, of: await sliceSteps(['load', 'train', 'report', 'odd'], bundle, folder) };
  };
  const changed = async (file: string, helper?: string) => {
    const [before, after] = [await slices(FILE), await slices(file, helper)];
    return [...before.of]
      .filter(([name, { digest }]) => after.of.get(name)?.digest !== digest)
      .map(([name]) => name);
  };

  it('changes with what a step uses, and with nothing else', async () => {
    expect(await changed(FILE)).toEqual([]);
    expect(await changed(FILE.replace('A comment.', 'Another one.').replaceAll('  ', ' '))).toEqual([]);
    // 'odd' uses 'load' as a whole and so depends on the whole file.
    expect(await changed(FILE.replace('LIMIT = 10', 'LIMIT = 11'))).toEqual(['load', 'odd']);
    expect(await changed(FILE, HELPER.replace('n * 2', 'n * 3'))).toEqual(['train', 'odd']);
    expect(await changed(FILE, HELPER.replace('unused = 1', 'unused = 2'))).toEqual([]);
    expect(await changed(FILE.replace('params.title', "params.title + '!'"))).toEqual(['report', 'odd']);
  });

  it('knows which steps can read parameters', async () => {
    const { of, bundle } = await slices(FILE);
    expect([...of].filter(([, slice]) => slice.readsParams).map(([name]) => name)).toEqual(['report', 'odd']);
    expect(of.get('odd')?.digest).toBe(bundle.digest);
    const { graphs } = await readPipelineFile(join(folder, 'flow.ts'));
    const params = Object.fromEntries(graphs[0]?.nodes.map((node) => [node.id, node.params]) ?? []);
    expect(params).toEqual({ load: [], train: [], report: ['n', 'title'], odd: ['n', 'title'] });
  });

  it('keeps native packages outside and names them', async () => {
    const native =
      "import Database from 'better-sqlite3';\nimport { pipeline, step } from 'rondo';\nconst a = step('a', { run: () => { new Database(':memory:'); return {}; } });\nexport default pipeline('n', {}, () => { a(); });";
    const here = mkdtempSync(join(process.cwd(), 'dist', 'native-'));
    writeFileSync(join(here, 'flow.ts'), native);
    const { code, graphs } = await readPipelineFile(join(here, 'flow.ts'));
    rmSync(here, { recursive: true });
    expect(code.externals).toEqual(['better-sqlite3']);
    expect(code.root).toBe(process.cwd());
    expect(code.lock_file).toBe('package-lock.json');
    expect(graphs[0]?.nodes).toHaveLength(1);
  });
});
