import { AppError, ERRORS, invalid } from '../../../lib/errors.ts';
import type { Value } from '../../../runtimes/signature.ts';
import { checkCells } from './body.ts';
import type { LiveDeployment } from './deployment.ts';
import type { LiveEndpoint, Rows } from './endpoint.ts';
import { parseJson } from './json.ts';
import type { Answer } from './keys.ts';
import { cellText } from './prediction-line.ts';
import { checkDatatype, DATATYPES, decodeTensor, encodeTensor, inRange, isIntegral } from './tensors.ts';

/** An Open Inference v2 request, checked against its endpoint. */
export interface InferRequest {
  rows: Rows;
  id: string | undefined;
  keys: string[] | undefined;
  /** Output names the caller asked for; all when undefined. */
  outputs: string[] | undefined;
  /** Names of outputs to send as raw bytes; true for all. */
  binary: Set<string> | boolean;
}

interface Tensor {
  name: string;
  shape: number[];
  count: number;
  datatype: unknown;
  data: readonly unknown[];
}

const unprocessable = (message: string, details?: unknown) =>
  new AppError(ERRORS.UNPROCESSABLE, message, { details });
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `headerLength`: the `Inference-Header-Content-Length` of a request with binary tensors. */
export function parseInfer(
  endpoint: LiveEndpoint,
  body: Buffer,
  headerLength: string | undefined,
): InferRequest {
  let binary = body.subarray(body.length);
  let json = body;
  if (headerLength !== undefined) {
    const length = /^\d{1,9}$/.test(headerLength) ? Number(headerLength) : Number.NaN;
    if (!(length > 0 && length <= body.length))
      throw invalid('Inference-Header-Content-Length does not fit the body.');
    json = body.subarray(0, length);
    binary = body.subarray(length);
  }
  const request = parseJson(json);
  if (!isObject(request) || !Array.isArray(request.inputs) || request.inputs.length === 0) {
    throw invalid(
      'The request needs a list "inputs" of tensors.',
      'Open Inference Protocol v2: {"inputs":[{"name","shape","datatype","data"}]}.',
    );
  }
  const inputs = readTensors(request.inputs, binary, headerLength !== undefined);
  const rows = toRows(endpoint, inputs);
  const parameters = isObject(request.parameters) ? request.parameters : undefined;
  return {
    rows,
    id: textOf(request.id, 'id'),
    keys: keysOf(parameters, rows.n),
    ...outputsOf(request.outputs, parameters),
  };
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length > 256)
    throw invalid(`"${name}" is not a text of at most 256 characters.`);
  return value;
}

function keysOf(parameters: Record<string, unknown> | undefined, n: number): string[] | undefined {
  const text = parameters?.idempotency_keys;
  if (text === undefined) return undefined;
  const keys = typeof text === 'string' ? text.split(',') : [];
  if (keys.length !== n || keys.some((key) => key === '' || key.length > 256)) {
    throw invalid('"idempotency_keys" needs one key per row, separated by commas.');
  }
  return keys;
}

function outputsOf(
  outputs: unknown,
  parameters: Record<string, unknown> | undefined,
): Pick<InferRequest, 'outputs' | 'binary'> {
  const all = parameters?.binary_data_output === true;
  if (outputs === undefined || (Array.isArray(outputs) && outputs.length === 0))
    return { outputs: undefined, binary: all };
  if (!Array.isArray(outputs)) throw invalid('"outputs" is not a list.');
  const binary = new Set<string>();
  const names = outputs.map((output) => {
    if (!isObject(output) || typeof output.name !== 'string')
      throw invalid('An entry of "outputs" has no name.');
    const wanted = isObject(output.parameters) ? output.parameters.binary_data : undefined;
    if (wanted === true || (all && wanted !== false)) binary.add(output.name);
    return output.name;
  });
  return { outputs: names, binary: binary.size > 0 ? binary : false };
}

function readTensors(list: readonly unknown[], binary: Buffer, hasBinary: boolean): Tensor[] {
  let at = 0;
  const names = new Set<string>();
  const tensors = list.map((input): Tensor => {
    if (!isObject(input) || typeof input.name !== 'string') throw invalid('An input has no name.');
    const { name } = input;
    if (names.has(name)) throw invalid(`The request names input "${name.slice(0, 60)}" twice.`);
    names.add(name);
    const { shape, count } = readShape(name, input.shape);
    const size = isObject(input.parameters) ? input.parameters.binary_data_size : undefined;
    if (size === undefined)
      return { name, shape, count, datatype: input.datatype, data: readData(name, input.data, count) };
    if (
      !hasBinary ||
      typeof size !== 'number' ||
      !Number.isInteger(size) ||
      size < 0 ||
      at + size > binary.length
    ) {
      throw invalid(`The binary_data_size of input "${name.slice(0, 60)}" does not fit the body.`);
    }
    const bytes = binary.subarray(at, at + size);
    at += size;
    const datatype = typeof input.datatype === 'string' ? input.datatype : '';
    return { name, shape, count, datatype, data: decodeTensor(datatype, bytes, count) };
  });
  if (at < binary.length) throw invalid('The body has more binary data than its inputs name.');
  return tensors;
}

function readShape(name: string, shape: unknown): { shape: number[]; count: number } {
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > 8)
    throw invalid(`Input "${name.slice(0, 60)}" has no usable shape.`);
  let count = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0)
      throw invalid(`Input "${name.slice(0, 60)}" has a size in its shape that is no count.`);
    count *= size;
  }
  if (count > 2 ** 31) throw invalid(`Input "${name.slice(0, 60)}" has an impossible shape.`);
  return { shape: shape as number[], count };
}

function readData(name: string, data: unknown, count: number): readonly unknown[] {
  if (!Array.isArray(data)) throw invalid(`Input "${name.slice(0, 60)}" has no data.`);
  const flat = Array.isArray(data[0]) ? (data.flat(8) as unknown[]) : (data as unknown[]);
  if (flat.length !== count) {
    throw unprocessable(
      `Input "${name.slice(0, 60)}" has ${flat.length} values; its shape asks for ${count}.`,
      { input: name },
    );
  }
  return flat;
}

/** One matrix [N, columns] in the order of the columns, or one tensor [N] or [N, 1] per column. */
function toRows(endpoint: LiveEndpoint, inputs: readonly Tensor[]): Rows {
  const { columns, places } = endpoint;
  const width = columns.length;
  const [only] = inputs;
  if (
    only &&
    inputs.length === 1 &&
    only.shape.length === 2 &&
    only.shape[1] === width &&
    (width > 1 || !places.has(only.name))
  ) {
    return fromMatrix(endpoint, only);
  }
  const unknown = inputs.find(({ name }) => !places.has(name));
  if (unknown) {
    throw unprocessable(
      `There is no column "${unknown.name.slice(0, 60)}"; the request takes ${columns
        .map(({ name }) => name)
        .join(', ')
        .slice(0, 400)}.`,
      { column: unknown.name },
    );
  }
  const n = inputs[0]?.shape[0] ?? 0;
  checkCells(n, width);
  for (const { name, shape } of inputs) {
    if (shape[0] !== n || shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) {
      throw unprocessable(
        `Column "${name}" has shape [${shape.join(', ')}]; every column needs [${n}] or [${n}, 1].`,
        { column: name },
      );
    }
  }
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const readers = columns.map((column, j) => {
    const input = byName.get(column.name);
    if (!input) {
      if (n === 0 && column.required !== false) endpoint.cell(j, undefined, 0);
      return () => undefined;
    }
    return elements(checkDatatype(input.datatype, column), input.data);
  });
  const cells: Value[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++)
      cells.push(endpoint.cell(j, (readers[j] as (i: number) => unknown)(i), i));
  }
  return { n, cells };
}

function fromMatrix(endpoint: LiveEndpoint, input: Tensor): Rows {
  const { columns } = endpoint;
  const width = columns.length;
  const n = input.shape[0] as number;
  checkCells(n, width);
  let datatype = '';
  for (const column of columns) datatype = checkDatatype(input.datatype, column);
  const read = elements(datatype, input.data);
  const cells: Value[] = [];
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < width; j++, at++) cells.push(endpoint.cell(j, read(at), i));
  }
  return { n, cells };
}

/** Elements of a tensor; a number outside its own datatype is handed on as text, which no numeric column takes. */
function elements(datatype: string, data: readonly unknown[]): (i: number) => unknown {
  if (!isIntegral(datatype)) return (i) => data[i];
  return (i) => (inRange(datatype, data[i]) ? data[i] : String(data[i]));
}

/** The answer; with raw outputs a JSON head, its length, and the bytes behind it. */
export function inferAnswer(
  endpoint: LiveEndpoint,
  request: InferRequest,
  answers: readonly Answer[],
): { body: string | Buffer; headerLength: number | undefined } {
  const [live] = endpoint.deployments as [LiveDeployment];
  const all = live.model.outputs;
  const first = answers[0];
  const chosen = (request.outputs ?? all.map(({ name }) => name)).map((name) => {
    const index = all.findIndex((output) => output.name === name);
    if (index < 0)
      throw unprocessable(
        `There is no output "${name.slice(0, 60)}"; the model has ${all.map((output) => output.name).join(', ')}.`,
      );
    return index;
  });
  const raw: Buffer[] = [];
  let text = `{"model_name":"${endpoint.route.name}","model_version":${JSON.stringify(first?.version ?? live.route.model.version)},"id":${JSON.stringify(request.id ?? first?.id ?? '')},"parameters":{"prediction_ids":"${answers.map(({ id }) => id).join(',')}"},"outputs":[`;
  chosen.forEach((index, i) => {
    const { name, type, width } = all[index] as (typeof all)[number];
    const values = answers.flatMap(({ output }) => output[index] as Value | Value[]);
    const datatype = DATATYPES[type];
    const shape = width === 1 ? `[${answers.length}]` : `[${answers.length},${width}]`;
    text += `${i > 0 ? ',' : ''}{"name":${JSON.stringify(name)},"shape":${shape},"datatype":"${datatype}",`;
    if (request.binary === true || (request.binary && request.binary.has(name))) {
      const bytes = encodeTensor(datatype, values);
      raw.push(bytes);
      text += `"parameters":{"binary_data_size":${bytes.length}}}`;
    } else text += `"data":[${values.map(cellText).join(',')}]}`;
  });
  text += ']}';
  if (raw.length === 0) return { body: text, headerLength: undefined };
  const head = Buffer.from(text);
  return { body: Buffer.concat([head, ...raw]), headerLength: head.length };
}

/** Checks the names of wanted outputs before anything is scored. */
export function checkOutputs(endpoint: LiveEndpoint, request: InferRequest): void {
  if (request.outputs) inferAnswer(endpoint, request, []);
}

export function modelMetadata(endpoint: LiveEndpoint, live: LiveDeployment) {
  return {
    name: endpoint.route.name,
    versions: [...new Set(endpoint.deployments.map(({ route }) => route.model.version))],
    platform: 'onnxruntime_onnx',
    inputs: endpoint.columns.map(({ name, type }) => ({ name, datatype: DATATYPES[type], shape: [-1] })),
    outputs: live.model.outputs.map(({ name, type, width }) => ({
      name,
      datatype: DATATYPES[type],
      shape: width === 1 ? [-1] : [-1, width],
    })),
  };
}
