import { counted, type Lead, lead } from '../../lib/lead.ts';
import { pageHref } from '../../lib/page-href.ts';
import { upstreamOf } from './schema/check.ts';
import type { Graph } from './schema/graph.ts';
import { isFinal } from './states.ts';
import type { Run } from './store/runs.ts';
import type { StepRun } from './store/steps.ts';

/** The first sentence of a run's page: what is so, since when, and why. */
export function leadOf(run: Run, steps: readonly StepRun[]): Lead {
  const started = ` Started by ${run.reason.by}: ${run.reason.text}.`;
  const count = (of: readonly StepRun[], definition: string) =>
    counted(of.length, {
      definition,
      n: steps.length,
      rows: {
        label: 'the steps',
        href: pageHref(run.project, 'pipelines', run.pipeline, 'runs', run.id),
      },
    });
  const failed = steps.find((one) => one.state === 'failed');
  if (failed) {
    const why = (failed.why ?? failed.error ?? '').split('\n')[0] ?? '';
    return lead(`Failed at ${failed.node}: ${why}.`, started);
  }
  if (run.state === 'running') {
    const active = steps.filter((one) => one.state === 'running').map((one) => one.node);
    const ended = steps.filter((one) => isFinal(one.state));
    return lead(
      `Running${active.length > 0 ? ` at ${active.join(', ')}` : ''}, `,
      count(ended, 'Steps of this run in a state that cannot change any more.'),
      ` of ${steps.length} steps ended.`,
      started,
    );
  }
  const word = run.state === 'done' ? 'Done' : 'Cancelled';
  const reused = steps.filter((one) => one.state === 'reused');
  if (reused.length === 0) return lead(`${word}.`, started);
  const ran = steps.filter((one) => one.state !== 'reused');
  return lead(
    `${word}: `,
    count(ran, 'Steps of this run that were not taken from the cache.'),
    ` of ${steps.length} steps ran, `,
    count(reused, 'Steps whose outputs an earlier run had made from the same code, inputs and parameters.'),
    ' reused.',
    started,
  );
}

/** The steps of which each, had it been faster, would have shortened the run so far. */
export function criticalPath(graph: Graph, steps: readonly StepRun[]): Set<string> {
  const byNode = new Map(steps.map((one) => [one.node, one]));
  const end = (one: StepRun | undefined) =>
    one?.started_at == null ? -1 : (one.ended_at ?? Number.MAX_SAFE_INTEGER);
  const latest = (nodes: readonly string[]) =>
    nodes.reduce<string | undefined>(
      (best, id) => (end(byNode.get(id)) > (best === undefined ? -1 : end(byNode.get(best))) ? id : best),
      undefined,
    );
  const upstream = new Map(graph.nodes.map((node) => [node.id, upstreamOf(node)]));
  const path = new Set<string>();
  let here = latest([...byNode.keys()]);
  while (here !== undefined && !path.has(here)) {
    path.add(here);
    here = latest(upstream.get(here) ?? []);
  }
  return path;
}

/** What a waiting step waits for. */
export function waitsFor(graph: Graph, node: string, steps: readonly StepRun[]): string | null {
  const follows = graph.nodes.find((one) => one.id === node);
  const open = new Set(steps.filter((one) => !isFinal(one.state)).map((one) => one.node));
  const names = follows ? upstreamOf(follows).filter((id) => open.has(id)) : [];
  return names.length > 0 ? `waits for ${names.join(', ')}` : null;
}
