import type { Ensemble } from './gbdt.ts';
import type { Tree } from './tree.ts';

/**
 * The model as an ONNX file: input `x` float [N, features], output `probability` (or what `output` says) float [N, 1].
 * NaN goes where `predict` sends it. The same ensemble gives the same bytes. The names of the features, in order, are in the
 * metadata under `features` as a JSON array.
 */
export function toOnnx(model: Ensemble, output = 'probability'): Uint8Array {
  const logit = model.link === 'logit';
  const nodes = [treeNode(model, logit ? 'score' : output)];
  if (logit) nodes.push(operator('Sigmoid', ['score'], [output]));
  const graph = new Message();
  for (const node of nodes) graph.message(1, node);
  graph
    .text(2, 'trees')
    .message(11, floatValue('x', model.features.length))
    .message(12, floatValue(output, 1));
  return new Message()
    .int(1, IR_VERSION)
    .text(2, 'rondo-flights')
    .message(7, graph)
    .message(8, new Message().text(1, '').int(2, OPSET))
    .message(8, new Message().text(1, ML_DOMAIN).int(2, ML_OPSET))
    .message(14, new Message().text(1, 'features').text(2, JSON.stringify(model.features)))
    .bytes();
}

const IR_VERSION = 8;
const OPSET = 17;
const ML_DOMAIN = 'ai.onnx.ml';
const ML_OPSET = 3;

/** AttributeProto.type and TensorProto.data_type of the ONNX schema. */
const TYPE = { string: 3, int: 2, floats: 6, ints: 7, strings: 8 };
const FLOAT = 1;

/** TreeEnsembleRegressor wants at least one tree, so an empty ensemble becomes one leaf that adds nothing. */
const NO_TREE: Tree = {
  feature: Int32Array.of(-1),
  threshold: new Float32Array(1),
  left: new Int32Array(1),
  right: new Int32Array(1),
  missingLeft: new Uint8Array(1),
  value: new Float32Array(1),
  gain: new Float32Array(1),
};

function treeNode(model: Ensemble, output: string): Message {
  const trees = model.trees.length > 0 ? model.trees : [NO_TREE];
  const column = (pick: (tree: Tree, t: number) => ArrayLike<number>) =>
    trees.flatMap((tree, t) => Array.from(pick(tree, t)));
  const leaves = trees.flatMap((tree, t) =>
    Array.from(tree.feature.keys())
      .filter((node) => tree.feature[node]! < 0)
      .map((node) => ({ t, node, value: tree.value[node]! })),
  );
  const features = column((tree) => tree.feature);
  return operator(
    'TreeEnsembleRegressor',
    ['x'],
    [output],
    [
      attribute('n_targets', TYPE.int).int(3, 1),
      attribute('aggregate_function', TYPE.string).text(4, 'SUM'),
      attribute('post_transform', TYPE.string).text(4, 'NONE'),
      attribute('base_values', TYPE.floats).floats(7, [model.base]),
      attribute('nodes_treeids', TYPE.ints).ints(
        8,
        column((tree, t) => new Int32Array(tree.feature.length).fill(t)),
      ),
      attribute('nodes_nodeids', TYPE.ints).ints(
        8,
        column((tree) => tree.feature.map((_, node) => node)),
      ),
      attribute('nodes_featureids', TYPE.ints).ints(
        8,
        features.map((feature) => Math.max(feature, 0)),
      ),
      attribute('nodes_modes', TYPE.strings).texts(
        9,
        features.map((feature) => (feature < 0 ? 'LEAF' : 'BRANCH_LEQ')),
      ),
      attribute('nodes_values', TYPE.floats).floats(
        7,
        column((tree) => tree.threshold),
      ),
      attribute('nodes_truenodeids', TYPE.ints).ints(
        8,
        column((tree) => tree.left),
      ),
      attribute('nodes_falsenodeids', TYPE.ints).ints(
        8,
        column((tree) => tree.right),
      ),
      attribute('nodes_missing_value_tracks_true', TYPE.ints).ints(
        8,
        column((tree) => tree.missingLeft),
      ),
      attribute('target_treeids', TYPE.ints).ints(
        8,
        leaves.map((leaf) => leaf.t),
      ),
      attribute('target_nodeids', TYPE.ints).ints(
        8,
        leaves.map((leaf) => leaf.node),
      ),
      attribute('target_ids', TYPE.ints).ints(
        8,
        leaves.map(() => 0),
      ),
      attribute('target_weights', TYPE.floats).floats(
        7,
        leaves.map((leaf) => leaf.value),
      ),
    ],
    ML_DOMAIN,
  );
}

function operator(
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Message[] = [],
  domain = '',
): Message {
  const node = new Message().texts(1, inputs).texts(2, outputs).text(4, name);
  for (const one of attributes) node.message(5, one);
  return domain ? node.text(7, domain) : node;
}

/** The caller adds the value under the field of its type: i = 3, s = 4, floats = 7, ints = 8, strings = 9. */
function attribute(name: string, type: number): Message {
  return new Message().text(1, name).int(20, type);
}

/** A float matrix of any number of rows. */
function floatValue(name: string, columns: number): Message {
  const shape = new Message()
    .message(1, new Message().text(2, 'N'))
    .message(1, new Message().int(1, columns));
  return new Message()
    .text(1, name)
    .message(2, new Message().message(1, new Message().int(1, FLOAT).message(2, shape)));
}

const encoder = new TextEncoder();

/** A protobuf message under construction (protobuf.dev/programming-guides/encoding); numbers are never negative here. */
class Message {
  readonly #parts: Uint8Array[] = [];

  int(field: number, value: number): this {
    return this.#add(varint(field * 8), varint(value));
  }
  text(field: number, value: string): this {
    return this.#block(field, encoder.encode(value));
  }
  texts(field: number, values: readonly string[]): this {
    for (const value of values) this.text(field, value);
    return this;
  }
  ints(field: number, values: readonly number[]): this {
    return this.#block(field, concat(values.map(varint)));
  }
  floats(field: number, values: readonly number[]): this {
    const view = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((value, i) => view.setFloat32(i * 4, value, true));
    return this.#block(field, new Uint8Array(view.buffer));
  }
  message(field: number, value: Message): this {
    return this.#block(field, value.bytes());
  }
  bytes(): Uint8Array {
    return concat(this.#parts);
  }

  #block(field: number, bytes: Uint8Array): this {
    return this.#add(varint(field * 8 + 2), varint(bytes.length), bytes);
  }
  #add(...parts: Uint8Array[]): this {
    this.#parts.push(...parts);
    return this;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
