import type { Binding, GraphInput } from '../domains/pipelines/schema/graph.ts';
import { handle, portType, toBinding } from './ports.ts';
import {
  type AnyStep,
  type CallOptions,
  type Duration,
  inputPort,
  isOutputOf,
  type NodeHandle,
  type Outputs,
} from './declared.ts';

/** A node before its code is known: digest and readable parameters are filled in when the file is applied. */
export type DraftNode = Omit<GraphInput['nodes'][number], 'code' | 'params'> & { params: string[] | null };

interface Building {
  nodes: { draft: DraftNode; step: AnyStep; node: NodeHandle }[];
}

let building: Building | undefined;

/** Runs `build` and answers the nodes that its step calls made, with the steps that others take outputs from by default. */
export function collectNodes(build: () => void): { draft: DraftNode; step: AnyStep }[] {
  if (building) throw new Error('A pipeline cannot be built inside another one.');
  const current: Building = { nodes: [] };
  building = current;
  try {
    build();
    // Connecting may add steps that were named only by their outputs, which are connected in turn.
    for (let at = 0; at < current.nodes.length; at++) connect(current, at);
    return current.nodes;
  } finally {
    building = undefined;
  }
}

export function addNode<O extends Outputs>(
  step: AnyStep,
  inputs: Record<string, unknown>,
  options: CallOptions,
): NodeHandle<O> {
  if (!building)
    throw new Error(`Step '${step.stepName}' was called outside of a pipeline's build function.`);
  const id = options.id ?? freeId(building, step.stepName);
  const out = Object.fromEntries(
    Object.keys(step.options.out ?? {}).map((output) => [
      output,
      handle({ from: 'output', node: id, output, path: [] }),
    ]),
  );
  const node = { id, out } as unknown as NodeHandle<O>;
  building.nodes.push({ draft: draftOf(id, step, inputs, options), step, node });
  return node;
}

function draftOf(id: string, step: AnyStep, inputs: Record<string, unknown>, call: CallOptions): DraftNode {
  const { options } = step;
  const cache = options.cache === false ? null : options.cache;
  const bindings: Record<string, Binding> = {};
  for (const [name, wire] of Object.entries(inputs)) if (wire !== undefined) bindings[name] = toBinding(wire);
  return {
    id,
    step: step.stepName,
    description: options.description ?? '',
    takes: Object.fromEntries(
      Object.entries(options.in ?? {}).map(([name, spec]) => [name, portType(inputPort(spec), 'input')]),
    ),
    inputs: bindings,
    outputs: Object.fromEntries(
      Object.entries(options.out ?? {}).map(([name, port]) => [name, portType(port, 'output')]),
    ),
    after: (call.after ?? []).map((node) => node.id),
    on_failure_of: call.onFailureOf?.id ?? null,
    cache: cache && { ttl_ms: cache.ttl === undefined ? null : toMs(cache.ttl), ignore: cache.ignore ?? [] },
    ...(cache === undefined ? { cache: { ttl_ms: null, ignore: [] } } : {}),
    retry: { max: options.retry?.max ?? 0, backoff_ms: toMs(options.retry?.backoff ?? '1s') },
    timeout_ms: options.timeout === undefined ? null : toMs(options.timeout),
    resources: {
      cpu: options.resources?.cpu ?? 1,
      memory_mb: toMegabytes(options.resources?.memory),
      gpu: options.resources?.gpu ?? 0,
    },
    launcher: options.launcher ?? 'process',
    env: options.env ?? {},
    params: options.params ?? null,
  };
}

/** Fills inputs that are declared as another step's output and were not given. */
function connect(current: Building, at: number): void {
  const entry = current.nodes[at];
  for (const [name, spec] of Object.entries(entry?.step.options.in ?? {})) {
    if (!entry || !isOutputOf(spec) || entry.draft.inputs?.[name]) continue;
    const { draft } = entry;
    const sources = current.nodes.filter((one) => one.step === spec.step);
    if (sources.length > 1)
      throw new Error(
        `Step '${draft.id}' takes '${name}' from '${spec.step.stepName}', which is in the pipeline ${sources.length} times; connect it explicitly.`,
      );
    const node = sources[0]?.node ?? addNode(spec.step, {}, {});
    draft.inputs = {
      ...draft.inputs,
      [name]: { from: 'output', node: node.id, output: spec.output, path: [] },
    };
  }
}

function freeId(current: Building, name: string): string {
  const taken = new Set(current.nodes.map((one) => one.draft.id));
  for (let count = 1; ; count++) {
    const id = count === 1 ? name : `${name}-${count}`;
    if (!taken.has(id)) return id;
  }
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function toMs(duration: Duration): number {
  if (typeof duration === 'number') return duration;
  const [, number, unit] = /^([\d.]+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  if (!number || !unit) throw new Error(`'${duration}' is no duration; write 500ms, 30s, 5m, 2h or 30d.`);
  return Math.round(Number(number) * UNITS[unit as keyof typeof UNITS]);
}

function toMegabytes(memory: number | string | undefined): number | null {
  if (memory === undefined || typeof memory === 'number') return memory ?? null;
  const [, number, unit] = /^([\d.]+)(Mi|Gi)$/.exec(memory) ?? [];
  if (!number)
    throw new Error(`'${memory}' is no amount of memory; write 512Mi or 2Gi, or a number of megabytes.`);
  return Math.ceil(Number(number) * (unit === 'Gi' ? 1024 : 1));
}
