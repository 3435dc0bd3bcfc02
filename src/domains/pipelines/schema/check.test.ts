import { describe, expect, it } from 'vitest';
import { graphFaults, inOrder } from './check.ts';
import { type Binding, Graph, type GraphInput } from './graph.ts';

type NodeInput = GraphInput['nodes'][number];
const node = (id: string, rest: Partial<NodeInput> = {}): NodeInput => ({
  id,
  step: id,
  code: '0'.repeat(64),
  outputs: { out: { kind: 'value', schema: { type: 'number' } } },
  ...rest,
});
const from = (name: string, output = 'out'): Binding => ({ from: 'output', node: name, output, path: [] });
const takes = { x: { kind: 'value', schema: { type: 'number' } } } as const;
const graph = (...nodes: NodeInput[]) =>
  Graph.parse({
    format: 1,
    name: 'g',
    params: { type: 'object', properties: { p: { type: 'string' } } },
    nodes,
  });

describe('graph check', () => {
  it('passes a graph and sorts it after its edges', () => {
    const good = graph(
      node('c', { after: ['b'] }),
      node('b', { takes, inputs: { x: from('a') } }),
      node('a'),
    );
    expect(graphFaults(good)).toEqual([]);
    expect(inOrder(good).nodes.map((one) => one.id)).toEqual(['a', 'b', 'c']);
  });

  it('names every fault', () => {
    const faults = (...nodes: NodeInput[]) => graphFaults(graph(...nodes)).join('; ');
    expect(faults(node('a'), node('a'))).toBe('two nodes have the same id');
    expect(faults(node('a', { after: ['z'] }))).toContain("follows 'z', which is not in the pipeline");
    expect(faults(node('a', { takes }))).toContain("input 'x' of step 'a' is not connected");
    expect(faults(node('a', { inputs: { y: from('a') } }))).toContain("step 'a' has no input 'y'");
    expect(faults(node('a'), node('b', { takes, inputs: { x: from('a', 'no') } }))).toContain(
      "reads output 'no'",
    );
    expect(faults(node('a', { takes, inputs: { x: { from: 'param', path: ['p'] } } }))).toContain(
      "input 'x' of step 'a' wants number, but parameter 'p' is string",
    );
    expect(faults(node('a', { takes, inputs: { x: { from: 'param', path: ['q'] } } }))).toContain(
      "reads the unknown parameter 'q'",
    );
    expect(
      faults(node('a', { after: ['b'] }), node('b', { after: ['c'] }), node('c', { after: ['a'] })),
    ).toBe('the steps wait for each other in a circle: a → b → c → a');
  });

  it('refuses names that could mean something to a shell or a path', () => {
    for (const id of ['../x', 'a/b', '`id`', '$(id)', 'a b', '', '.a', 'x'.repeat(101), 'a\nb'])
      expect(Graph.safeParse({ format: 1, name: 'g', params: {}, nodes: [node(id)] }).success, id).toBe(
        false,
      );
  });
});
