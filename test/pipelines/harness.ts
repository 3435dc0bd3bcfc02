import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPipelineFile } from '../../src/cli/pipeline-file/read.ts';
import type { RunDetail, StepRunItem } from '../../src/domains/pipelines/schema/runs.ts';
import { Rondo } from '../../src/sdk/index.ts';

export interface Workshop {
  folder: string;
  rondo: Rondo;
  /** Writes a pipeline file, reads it as `rondo pipelines apply` does, and applies it. */
  apply(source: string, to?: Rondo): Promise<string>;
  run(name: string, params?: Record<string, unknown>, cache?: 'use' | 'refresh' | 'off'): Promise<RunDetail>;
  start(name: string, params?: Record<string, unknown>): Promise<string>;
  /** Settles when the run has ended, or when `until` holds. */
  settled(id: string, until?: (run: RunDetail) => boolean, on?: Rondo): Promise<RunDetail>;
  end(): void;
}

/** A folder with pipeline files, and a client of the server under test. */
export function workshop(server: { url: string; token: string }): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-pipes-'));
  const rondo = new Rondo({ url: server.url, token: server.token });
  const shop: Workshop = {
    folder,
    rondo,
    async apply(source, to = rondo) {
      const file = join(folder, 'pipeline.ts');
      writeFileSync(file, source);
      const { graphs, code, bundle } = await readPipelineFile(file);
      await to.pipelines.uploadPipelineCode({}, { stream: bundle });
      for (const graph of graphs) await to.pipelines.applyPipeline({ body: { graph, code } });
      return graphs[0]?.name ?? '';
    },
    async start(name, params = {}) {
      return (await rondo.pipelines.runPipeline({ params: { name }, body: { params } })).id;
    },
    async run(name, params = {}, cache = 'use') {
      const { id } = await rondo.pipelines.runPipeline({ params: { name }, body: { params, cache } });
      return shop.settled(id);
    },
    async settled(id, until = (run) => run.state !== 'running', on = rondo) {
      for (;;) {
        const run = await on.pipelines.getPipelineRun({ params: { run: id } });
        if (until(run)) return run;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
  return shop;
}

export const stepOf = (run: RunDetail, node: string): StepRunItem => {
  const step = run.steps.find((one) => one.node === node);
  if (!step) throw new Error(`No step '${node}'.`);
  return step;
};

export async function logOf(rondo: Rondo, step: string): Promise<string> {
  let text = '';
  let from = 0;
  for (;;) {
    const page = await rondo.pipelines.readStepLog({ params: { step_run: step }, query: { from } });
    text += page.chunks.map((chunk) => chunk.text).join('');
    if (page.next === from) return text;
    from = page.next;
  }
}
