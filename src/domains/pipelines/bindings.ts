import type { Binding, GraphNode } from './schema/graph.ts';

/** What bindings are resolved against: parameters, and the outputs of a node (a list of them for a mapped one). */
export interface Sources {
  params: Record<string, unknown>;
  outputsOf(node: string): Record<string, unknown> | Record<string, unknown>[] | undefined;
  item?: unknown;
}

export function resolveInputs(node: GraphNode, sources: Sources): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(node.inputs).map(([name, binding]) => [name, resolve(binding, sources)]),
  );
}

/** The value behind a binding; what is not there is null. */
export function resolve(binding: Binding, sources: Sources): unknown {
  switch (binding.from) {
    case 'literal':
      return binding.value;
    case 'param':
      return at(sources.params, binding.path);
    case 'item':
      return at(sources.item, binding.path);
    case 'list':
      return binding.items.map((item) => resolve(item, sources));
    case 'output': {
      const outputs = sources.outputsOf(binding.node);
      if (Array.isArray(outputs)) return outputs.map((one) => at(one[binding.output], binding.path));
      return at(outputs?.[binding.output], binding.path);
    }
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (here === null || typeof here !== 'object' || !Object.hasOwn(here, key)) return null;
    here = (here as Record<string, unknown>)[key];
  }
  return here ?? null;
}
