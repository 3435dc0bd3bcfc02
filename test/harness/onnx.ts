// Writes small ONNX files by hand (protobuf wire format of onnx.proto, IR version 8), so that tests need no Python.

export const ELEMENT = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type Element = keyof typeof ELEMENT;

export interface Port {
  name: string;
  element: Element;
  shape: (number | string)[];
}

export type Attribute = number | string | bigint[] | number[] | string[] | bigint;

/** y = x · weights + bias: one float input x [N, F], one float output y [N, 1]. */
export function linearModel(weights: readonly number[], bias: number): Uint8Array {
  return model({
    inputs: [{ name: 'x', element: 'float', shape: ['N', weights.length] }],
    outputs: [{ name: 'y', element: 'float', shape: ['N', 1] }],
    tensors: [floats('w', [weights.length, 1], weights), floats('b', [1], [bias])],
    nodes: [node('MatMul', ['x', 'w'], ['m']), node('Add', ['m', 'b'], ['y'])],
  });
}

/** A chain of 24 dense layers of 1024 with shared weights: milliseconds for a small batch on any machine. */
export function slowModel(): Uint8Array {
  const size = 1024;
  const layers = Array.from({ length: 24 }, (_, i) => node('MatMul', [`h${i}`, 'b'], [`h${i + 1}`]));
  const filled = (rows: number, columns: number) => Array.from({ length: rows * columns }, () => 1 / size);
  return model({
    inputs: [{ name: 'x', element: 'float', shape: ['N', 2] }],
    outputs: [{ name: 'y', element: 'float', shape: ['N', 1] }],
    tensors: [
      floats('a', [2, size], filled(2, size)),
      floats('b', [size, size], filled(size, size)),
      floats('c', [size, 1], filled(size, 1)),
    ],
    nodes: [node('MatMul', ['x', 'a'], ['h0']), ...layers, node('MatMul', [`h${layers.length}`, 'c'], ['y'])],
  });
}

/** A random forest regressor of `trees` full trees: realistic cost, deterministic by seed. */
export function forestModel(trees: number, depth: number, features: number, seed = 1): Uint8Array {
  const random = lcg(seed);
  const inner = 2 ** depth - 1;
  const all = 2 ** (depth + 1) - 1;
  const ids: bigint[][] = [[], [], [], [], []];
  const [treeIds, nodeIds, featureIds, lower, upper] = ids as [
    bigint[],
    bigint[],
    bigint[],
    bigint[],
    bigint[],
  ];
  const modes: string[] = [];
  const values: number[] = [];
  const leaf: { tree: bigint[]; node: bigint[]; weight: number[] } = { tree: [], node: [], weight: [] };
  for (let tree = 0; tree < trees; tree++) {
    for (let at = 0; at < all; at++) {
      const isLeaf = at >= inner;
      treeIds.push(BigInt(tree));
      nodeIds.push(BigInt(at));
      featureIds.push(BigInt(isLeaf ? 0 : Math.floor(random() * features)));
      modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      values.push(isLeaf ? 0 : random());
      lower.push(BigInt(isLeaf ? 0 : 2 * at + 1));
      upper.push(BigInt(isLeaf ? 0 : 2 * at + 2));
      if (!isLeaf) continue;
      leaf.tree.push(BigInt(tree));
      leaf.node.push(BigInt(at));
      leaf.weight.push(random() / trees);
    }
  }
  const attributes: Record<string, Attribute> = {
    n_targets: 1n,
    post_transform: 'NONE',
    nodes_treeids: treeIds,
    nodes_nodeids: nodeIds,
    nodes_featureids: featureIds,
    nodes_modes: modes,
    nodes_values: values,
    nodes_truenodeids: lower,
    nodes_falsenodeids: upper,
    target_ids: leaf.node.map(() => 0n),
    target_nodeids: leaf.node,
    target_treeids: leaf.tree,
    target_weights: leaf.weight,
  };
  return model({
    inputs: [{ name: 'x', element: 'float', shape: ['N', features] }],
    outputs: [{ name: 'y', element: 'float', shape: ['N', 1] }],
    nodes: [node('TreeEnsembleRegressor', ['x'], ['y'], attributes, 'ai.onnx.ml')],
  });
}

/** One input [N, 1] per element, each passed through as an output of its own named `<input>_out`. */
export function identityModel(inputs: Record<string, Element>): Uint8Array {
  const ports = Object.entries(inputs);
  return model({
    inputs: ports.map(([name, element]) => ({ name, element, shape: ['N', 1] })),
    outputs: ports.map(([name, element]) => ({ name: `${name}_out`, element, shape: ['N', 1] })),
    nodes: ports.map(([name]) => node('Identity', [name], [`${name}_out`])),
  });
}

export interface Graph {
  inputs: readonly Port[];
  outputs: readonly Port[];
  nodes: readonly Uint8Array[];
  tensors?: readonly Uint8Array[];
}

export function model(graph: Graph): Uint8Array {
  const body = join(
    ...graph.nodes.map((item) => field(1, item)),
    text(2, 'graph'),
    ...(graph.tensors ?? []).map((item) => field(5, item)),
    ...graph.inputs.map((port) => field(11, valueInfo(port))),
    ...graph.outputs.map((port) => field(12, valueInfo(port))),
  );
  const opset = (domain: string, version: number) => field(8, join(text(1, domain), integer(2, version)));
  return join(integer(1, 8), text(2, 'rondo-test'), field(7, body), opset('', 17), opset('ai.onnx.ml', 3));
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, Attribute> = {},
  domain = '',
): Uint8Array {
  return join(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
    text(7, domain),
  );
}

export function floats(name: string, dims: readonly number[], data: readonly number[]): Uint8Array {
  return join(...dims.map((size) => integer(1, size)), integer(2, 1), text(8, name), field(9, bytesOf(data)));
}

function attribute(name: string, value: Attribute): Uint8Array {
  const head = text(1, name);
  if (typeof value === 'bigint') return join(head, integer(3, value), integer(20, 2));
  if (typeof value === 'number') return join(head, varint((2 << 3) | 5), bytesOf([value]), integer(20, 1));
  if (typeof value === 'string') return join(head, text(4, value), integer(20, 3));
  if (typeof value[0] === 'bigint')
    return join(head, all(value.map((item) => integer(8, item as bigint))), integer(20, 7));
  if (typeof value[0] === 'string')
    return join(head, all(value.map((item) => text(9, item as string))), integer(20, 8));
  return join(head, field(7, bytesOf(value as number[])), integer(20, 6));
}

function valueInfo(port: Port): Uint8Array {
  const dims = port.shape.map((size) =>
    field(1, typeof size === 'string' ? text(2, size) : integer(1, size)),
  );
  const tensor = join(integer(1, ELEMENT[port.element]), field(2, join(...dims)));
  return join(text(1, port.name), field(2, field(1, tensor)));
}

const bytesOf = (data: readonly number[]) => new Uint8Array(Float32Array.from(data).buffer);
const integer = (number: number, value: number | bigint) => join(varint(number << 3), varint(value));
const text = (number: number, value: string) => field(number, new TextEncoder().encode(value));
const field = (number: number, body: Uint8Array) =>
  join(varint((number << 3) | 2), varint(body.length), body);

const join = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);
const all = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
