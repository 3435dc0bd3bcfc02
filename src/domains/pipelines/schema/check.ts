import type { Binding, Graph, GraphNode, PortType } from './graph.ts';

/** The nodes whose outcome decides when `node` may start. */
export function upstreamOf(node: GraphNode): string[] {
  const found = new Set(node.after);
  for (const binding of bindingsOf(node)) collect(binding, found);
  if (node.on_failure_of !== null) found.add(node.on_failure_of);
  return [...found];
}

/** The nodes whose outputs `node` reads. */
export function sourcesOf(node: GraphNode): Set<string> {
  const found = new Set<string>();
  for (const binding of bindingsOf(node)) collect(binding, found);
  return found;
}

/** Every fault of a graph in words; empty when it can run. Runs on the author's machine and again in the server. */
export function graphFaults(graph: Graph): string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const faults: string[] = [];
  if (nodes.size < graph.nodes.length) faults.push('two nodes have the same id');
  for (const node of graph.nodes) faults.push(...nodeFaults(node, nodes, graph));
  return faults.length > 0 ? faults : cycleFaults(graph, nodes);
}

function nodeFaults(node: GraphNode, nodes: Map<string, GraphNode>, graph: Graph): string[] {
  const faults: string[] = [];
  for (const upstream of upstreamOf(node))
    if (!nodes.has(upstream))
      faults.push(`step '${node.id}' follows '${upstream}', which is not in the pipeline`);
  for (const [name, type] of Object.entries(node.takes)) {
    const binding = node.inputs[name];
    if (!binding) faults.push(`input '${name}' of step '${node.id}' is not connected`);
    else faults.push(...bindingFaults(`input '${name}' of step '${node.id}'`, type, binding, nodes, graph));
  }
  for (const name of Object.keys(node.inputs))
    if (!(name in node.takes)) faults.push(`step '${node.id}' has no input '${name}'`);
  for (const name of node.params)
    if (!(name in propertiesOf(graph.params)))
      faults.push(`step '${node.id}' reads the unknown parameter '${name}'`);
  return faults;
}

function bindingFaults(
  what: string,
  type: PortType,
  binding: Binding,
  nodes: Map<string, GraphNode>,
  graph: Graph,
): string[] {
  if (binding.from === 'list')
    return binding.items.flatMap((item) => unknownSource(what, item, nodes, graph));
  const unknown = unknownSource(what, binding, nodes, graph);
  if (unknown.length > 0) return unknown;
  if (binding.from === 'param') {
    const [name = ''] = binding.path;
    if (binding.path.length > 1) return [];
    return mismatch(
      what,
      type,
      { kind: 'value', schema: propertiesOf(graph.params)[name] ?? {} },
      `parameter '${name}'`,
    );
  }
  if (binding.from !== 'output' || binding.path.length > 0) return [];
  const source = nodes.get(binding.node);
  const given = source?.outputs[binding.output];
  if (!given) return [];
  const list: PortType = { kind: 'value', schema: { type: 'array' } };
  return mismatch(
    what,
    type,
    source?.map ? list : given,
    `output '${binding.output}' of step '${binding.node}'`,
  );
}

function unknownSource(
  what: string,
  binding: Binding,
  nodes: Map<string, GraphNode>,
  graph: Graph,
): string[] {
  if (binding.from === 'param') {
    const [name] = binding.path;
    if (name !== undefined && name in propertiesOf(graph.params)) return [];
    return [`${what} reads the unknown parameter '${name ?? ''}'`];
  }
  if (binding.from === 'list')
    return binding.items.flatMap((item) => unknownSource(what, item, nodes, graph));
  if (binding.from !== 'output') return [];
  const source = nodes.get(binding.node);
  if (!source) return [`${what} reads from '${binding.node}', which is not in the pipeline`];
  return binding.output in source.outputs
    ? []
    : [`${what} reads output '${binding.output}', which step '${source.id}' does not have`];
}

/** Kinds must be equal; of JSON values the basic types are compared, the rest is checked when the step runs. */
function mismatch(what: string, wanted: PortType, given: PortType, source: string): string[] {
  if (wanted.kind !== given.kind) {
    // A reference may also be written as JSON, for example a dataset version named in a parameter.
    if (given.kind === 'value' && wanted.kind !== 'file' && source.startsWith('parameter')) return [];
    return [`${what} wants a ${wanted.kind}, but ${source} is a ${given.kind}`];
  }
  if (wanted.kind !== 'value' || given.kind !== 'value') return [];
  const [want, give] = [wanted.schema.type, given.schema.type];
  if (typeof want !== 'string' || typeof give !== 'string') return [];
  if (want === give || (want === 'number' && give === 'integer')) return [];
  return [`${what} wants ${want}, but ${source} is ${give}`];
}

function cycleFaults(graph: Graph, nodes: Map<string, GraphNode>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (id: string): string | undefined => {
    if (done.has(id)) return undefined;
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id].join(' → ');
    path.push(id);
    for (const upstream of upstreamOf(nodes.get(id) as GraphNode)) {
      const cycle = visit(upstream);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(id);
    return undefined;
  };
  for (const node of graph.nodes) {
    const cycle = visit(node.id);
    if (cycle) return [`the steps wait for each other in a circle: ${cycle}`];
  }
  return [];
}

export function bindingsOf(node: GraphNode): Binding[] {
  return [
    ...Object.values(node.inputs),
    ...Object.values(node.when?.inputs ?? {}),
    ...(node.map ? [node.map.over] : []),
  ];
}

export const propertiesOf = (schema: Record<string, unknown>): Record<string, Record<string, unknown>> =>
  (schema.properties ?? {}) as Record<string, Record<string, unknown>>;

function collect(binding: Binding, into: Set<string>): void {
  if (binding.from === 'output') into.add(binding.node);
  if (binding.from === 'list') for (const item of binding.items) collect(item, into);
}

/** The same graph with every node after those it follows. */
export function inOrder(graph: Graph): Graph {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const sorted = new Map<string, GraphNode>();
  const add = (node: GraphNode) => {
    if (sorted.has(node.id)) return;
    for (const id of upstreamOf(node)) add(nodes.get(id) as GraphNode);
    sorted.set(node.id, node);
  };
  for (const node of graph.nodes) add(node);
  return { ...graph, nodes: [...sorted.values()] };
}
