import { upstreamOf } from './schema/check.ts';
import type { Graph } from './schema/graph.ts';
import type { Lead } from './schema/runs.ts';
import { isFinal } from './states.ts';
import type { Run } from './store/runs.ts';
import type { StepRun } from './store/steps.ts';

/** The first sentence of a run's page: what is so, since when, and why. */
export function leadOf(run: Run, steps: readonly StepRun[]): Lead {
  const text = (value: string): Lead[number] => ({ text: value, kind: 'text', href: null });
  const state = (value: string): Lead[number] => ({ text: value, kind: 'state', href: null });
  const step = (value: string): Lead[number] => ({ text: value, kind: 'step', href: null });
  const failed = steps.find((one) => one.state === 'failed');
  const started = [text(` Started by ${run.reason.by}: ${run.reason.text}.`)];
  if (failed) {
    const why = (failed.why ?? failed.error ?? '').split('\n')[0] ?? '';
    return [state('Failed'), text(' at '), step(failed.node), text(`: ${why}.`), ...started];
  }
  if (run.state === 'running') {
    const active = steps.filter((one) => one.state === 'running').map((one) => step(one.node));
    const done = steps.filter((one) => isFinal(one.state)).length;
    const at = active.length > 0 ? [text(' at '), ...between(active)] : [];
    return [state('Running'), ...at, text(`, ${done} of ${steps.length} steps ended.`), ...started];
  }
  const reused = steps.filter((one) => one.state === 'reused').length;
  const tail =
    reused > 0 ? `: ${steps.length - reused} of ${steps.length} steps ran, ${reused} reused.` : '.';
  return [state(run.state === 'done' ? 'Done' : 'Cancelled'), text(tail), ...started];
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

function between(parts: Lead): Lead {
  return parts.flatMap((part, index) =>
    index === 0 ? [part] : [{ text: ', ', kind: 'text' as const, href: null }, part],
  );
}
