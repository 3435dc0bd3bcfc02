import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { graphFaults, propertiesOf } from '../../domains/pipelines/schema/check.ts';
import { CodeRecord, Graph } from '../../domains/pipelines/schema/graph.ts';
import { AppError } from '../../lib/errors.ts';
import type { GraphDraft } from '../../sdk/pipeline.ts';
import { bundleFile } from './bundle.ts';
import { FILE_ERRORS } from './errors.ts';
import { extractGraphs } from './graphs.ts';
import { projectRoot, provenanceOf } from './provenance.ts';
import { type Slice, sliceSteps } from './slices.ts';

/** All that `apply` sends: graphs, what they were made from, and the bytes to upload first. */
export interface PipelineFile {
  graphs: Graph[];
  code: CodeRecord;
  bundle: string;
  diff: Uint8Array<ArrayBuffer> | null;
}

/**
 * Reads a pipeline file on this machine: bundles it, takes its graphs from a process of its own, checks them, and notes commit,
 * diff and lock file. Throws PIPELINE_FILE with every fault before anything is sent.
 */
export async function readPipelineFile(path: string): Promise<PipelineFile> {
  const file = resolve(path);
  if (!existsSync(file)) throw fault(path, 'there is no such file');
  const root = projectRoot(file);
  const [bundle, provenance] = await Promise.all([bundleFile(file, root), provenanceOf(root)]);
  const drafts = await extractGraphs(file, bundle.text, root);
  if (drafts.length === 0)
    throw fault(path, "it exports no pipeline; write `export default pipeline('name', …)`");
  const steps = drafts.flatMap((draft) => draft.nodes.map((node) => node.step));
  const slices = await sliceSteps(steps, bundle, root);
  const { diff, ...known } = provenance;
  return {
    graphs: drafts.map((draft) => finished(path, draft, slices)),
    bundle: bundle.text,
    diff,
    code: CodeRecord.parse({
      bundle: bundle.digest,
      runtime_version: process.version,
      root,
      externals: bundle.externals,
      ...known,
    }),
  };
}

function finished(path: string, draft: GraphDraft, slices: Map<string, Slice>): Graph {
  const all = Object.keys(propertiesOf(draft.params));
  const nodes = draft.nodes.map((node) => {
    const slice = slices.get(node.step);
    return { ...node, code: slice?.digest, params: node.params ?? (slice?.readsParams === false ? [] : all) };
  });
  const parsed = Graph.safeParse({ ...draft, nodes });
  if (!parsed.success)
    throw fault(
      path,
      parsed.error.issues.map((issue) => `${place(draft, issue.path)}: ${issue.message}`).join('; '),
    );
  const faults = graphFaults(parsed.data);
  if (faults.length > 0) throw fault(path, faults.join('; '));
  return parsed.data;
}

/** `step 'train', retry.max` instead of `nodes.3.retry.max`. */
function place(draft: GraphDraft, path: readonly PropertyKey[]): string {
  if (path[0] !== 'nodes') return `pipeline '${draft.name}', ${path.join('.')}`;
  return `step '${draft.nodes[Number(path[1])]?.id}', ${path.slice(2).join('.')}`;
}

const fault = (path: string, why: string): AppError =>
  new AppError(FILE_ERRORS.PIPELINE_FILE, `${basename(path)} is not a usable pipeline file: ${why}.`);
