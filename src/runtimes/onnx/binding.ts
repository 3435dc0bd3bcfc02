import { AppError, ERRORS } from '../../lib/errors.ts';
import type { ColumnType, Signature, Value } from '../signature.ts';
import type { Feed, Fetched, Port, TensorType } from './session.ts';

/** How the columns of a signature reach the inputs of a graph. */
export interface Binding {
  /** `packed`: one float input [N, F]. `columns`: one input [N, 1] or [N] per column. */
  layout: 'packed' | 'columns';
  feeds(rows: Rows, n: number): Feed[];
}

/** Row-major cells: row i, column j is `cells[i * width + j]`; a Float32Array is already packed. */
export type Rows = Float32Array | readonly Value[];

/** One output column of the signature, read from a graph output. */
export interface OutputBinding {
  name: string;
  type: ColumnType;
  /** Numbers per row; more than 1 makes the value of a row a list. */
  width: number;
  port: string;
  offset: number;
  stride: number;
}

const unusable = (message: string, hint: string) => new AppError(ERRORS.UNPROCESSABLE, message, { hint });

const TENSORS: Record<ColumnType, readonly TensorType[]> = {
  boolean: ['bool', 'float32', 'float64', 'int64', 'int32'],
  integer: ['int32', 'int64', 'float32', 'float64'],
  long: ['int64', 'float32', 'float64'],
  float: ['float32', 'float64'],
  double: ['float64', 'float32'],
  string: ['string'],
  datetime: [],
};

/** Matches inputs, or throws the 422 that says which shape would fit. */
export function bindInputs(ports: readonly Port[], signature: Signature): Binding {
  const width = signature.inputs.length;
  const [only] = ports;
  if (
    ports.length === 1 &&
    only &&
    only.shape.length === 2 &&
    (width > 1 || only.name !== signature.inputs[0]?.name)
  ) {
    return bindPacked(only, signature);
  }
  if (ports.length === 1 && only && only.type === 'float32' && only.shape.length === 2)
    return bindPacked(only, signature);
  return bindColumns(ports, signature);
}

function bindPacked(port: Port, signature: Signature): Binding {
  const width = signature.inputs.length;
  if (port.type !== 'float32') {
    throw unusable(
      `The model's only input "${port.name}" holds ${port.type ?? 'no tensor'}; Rondo packs columns into float32.`,
      'Export the model with a float input of shape [N, columns], or with one input per column.',
    );
  }
  const declared = port.shape[1];
  if (typeof declared === 'number' && declared >= 0 && declared !== width) {
    throw unusable(
      `The model takes ${declared} columns, the signature names ${width}.`,
      'Log the model with a signature inferred from the same columns, in the same order.',
    );
  }
  for (const column of signature.inputs) {
    if (column.type === 'string' || column.type === 'datetime') {
      throw unusable(
        `Column "${column.name}" is ${column.type}; it cannot go into a float tensor.`,
        'Encode it in a feature service, or export the model with one input per column.',
      );
    }
  }
  return {
    layout: 'packed',
    feeds: (rows, n) => {
      const data = rows instanceof Float32Array ? rows : pack(rows, new Float32Array(n * width), n * width);
      return [
        {
          name: port.name,
          type: 'float32',
          data: data.length === n * width ? data : data.subarray(0, n * width),
          dims: [n, width],
        },
      ];
    },
  };
}

/** Cells as floats: null is NaN, booleans are 0 and 1. */
export function pack(
  cells: readonly Value[],
  into: Float32Array,
  count: number,
  from = 0,
  at = 0,
): Float32Array {
  for (let i = 0; i < count; i++) {
    const value = cells[from + i];
    into[at + i] = typeof value === 'number' ? value : value === null ? Number.NaN : Number(value);
  }
  return into;
}

function bindColumns(ports: readonly Port[], signature: Signature): Binding {
  const names = new Map(signature.inputs.map((column, index) => [column.name, index]));
  const missing = ports.filter((port) => !names.has(port.name)).map((port) => port.name);
  const extra = signature.inputs.filter((column) => !ports.some((port) => port.name === column.name));
  if (missing.length > 0 || extra.length > 0) {
    throw unusable(
      `Signature and model disagree on inputs: ${[...missing.map((name) => `"${name}" is not in the signature`), ...extra.map((column) => `"${column.name}" is not in the model`)].join('; ')}.`,
      'Give the model one input per signature column, or one float input [N, columns].',
    );
  }
  const fills = ports.map((port) => {
    const index = names.get(port.name) as number;
    const column = signature.inputs[index] as Signature['inputs'][number];
    if (!TENSORS[column.type].some((type) => type === port.type)) {
      throw unusable(
        `Column "${column.name}" is ${column.type}, the model's input of that name is ${port.type ?? 'no tensor'}.`,
        'Make the signature and the exported model agree on types.',
      );
    }
    if (column.required === false && port.type !== 'float32' && port.type !== 'float64') {
      throw unusable(
        `Column "${column.name}" may be missing, but a ${port.type} tensor cannot hold a missing value.`,
        'Make the column required, or export its input as float.',
      );
    }
    return { port, index, flat: port.shape.length === 1 };
  });
  const width = signature.inputs.length;
  return {
    layout: 'columns',
    feeds: (rows, n) =>
      fills.map(({ port, index, flat }) => ({
        name: port.name,
        type: port.type as TensorType,
        data: fill(port.type as TensorType, rows, n, width, index),
        dims: flat ? [n] : [n, 1],
      })),
  };
}

function fill(type: TensorType, rows: Rows, n: number, width: number, index: number): Feed['data'] {
  const cell = (i: number) => rows[i * width + index] as Value;
  const number = (i: number) => {
    const value = cell(i);
    return value === null ? Number.NaN : Number(value);
  };
  if (type === 'string') return Array.from({ length: n }, (_, i) => String(cell(i)));
  if (type === 'int64') return BigInt64Array.from({ length: n }, (_, i) => BigInt(cell(i) as number));
  if (type === 'float32') return Float32Array.from({ length: n }, (_, i) => number(i));
  if (type === 'float64') return Float64Array.from({ length: n }, (_, i) => number(i));
  if (type === 'int32') return Int32Array.from({ length: n }, (_, i) => number(i));
  return Uint8Array.from({ length: n }, (_, i) => number(i));
}

/** Matches outputs from their measured shapes for two rows, by name first, then by position. */
export function bindOutputs(
  signature: Signature,
  ports: readonly Port[],
  sample: ReadonlyMap<string, Fetched>,
): OutputBinding[] {
  const widths = ports.map((port) => widthOf(port, sample.get(port.name)));
  const wanted = signature.outputs;
  const named = wanted.map((output) => ports.findIndex((port) => port.name === output.name));
  const make = (i: number, port: number, offset = 0, width = widths[port] ?? 1): OutputBinding => ({
    name: wanted[i]?.name ?? ports[port]?.name ?? `output${i}`,
    type: wanted[i]?.type ?? 'double',
    width,
    port: (ports[port] as Port).name,
    offset,
    stride: widths[port] ?? 1,
  });
  if (wanted.length > 0 && named.every((port) => port >= 0))
    return wanted.map((_, i) => make(i, named[i] as number));
  if (ports.length === 1 && widths[0] === wanted.length) return wanted.map((_, i) => make(i, 0, i, 1));
  if (ports.length === wanted.length) return wanted.map((_, i) => make(i, i));
  throw unusable(
    `The signature names ${wanted.length} outputs, the model has ${ports.map((port, i) => `"${port.name}" with ${widths[i]} per row`).join(' and ')}.`,
    'Name the outputs in the signature as the model does, or export only those that the signature names.',
  );
}

function widthOf(port: Port, sample: Fetched | undefined): number {
  if (!sample) return 1;
  const [rows, ...rest] = sample.dims;
  if (rows !== 2) {
    throw unusable(
      `The model's output "${port.name}" has ${rows ?? 'no'} rows for 2 rows of input.`,
      'Export the model with a free first dimension on every input and output.',
    );
  }
  return rest.reduce((product, size) => product * size, 1);
}

/** The value of one row of one output; a list when the output is wider than 1. Not finite becomes null. */
export function readOutput(output: OutputBinding, fetched: Fetched, row: number): Value | Value[] {
  const start = row * output.stride + output.offset;
  if (output.width === 1) return cellOf(output.type, fetched.data[start]);
  return Array.from({ length: output.width }, (_, i) => cellOf(output.type, fetched.data[start + i]));
}

function cellOf(type: ColumnType, value: number | bigint | string | undefined): Value {
  if (value === undefined) return null;
  if (type === 'boolean') return Boolean(Number(value));
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint')
    return value <= 9007199254740991n && value >= -9007199254740991n ? Number(value) : value;
  return value;
}
