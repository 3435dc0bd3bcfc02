import { AppError, ERRORS } from '../../lib/errors.ts';
import type { ColumnType, Signature, Value } from '../signature.ts';
import { bindInputs, bindOutputs, type OutputBinding, readOutput, type Rows } from './binding.ts';
import { openRemoteSession } from './remote.ts';
import { type Fetched, openSession, type Session } from './session.ts';

export interface OnnxOptions {
  /** The bundled `thread.ts`; without it every model runs on the calling thread. */
  threadEntry?: string | URL;
  /** `auto` (default) measures: inline when 16 rows cost less than `inlineMicros`. */
  place?: 'auto' | 'inline' | 'thread';
  /** The longest a batch may hold the calling thread. Default 250. */
  inlineMicros?: number;
  maxBatch?: number;
}

export interface Scores {
  /** Output `column` of row `row`: a list when the output has several numbers per row. */
  value(row: number, column: number): Value | Value[];
}

export interface Model {
  inputs: Signature['inputs'];
  outputs: readonly { name: string; type: ColumnType; width: number }[];
  layout: 'packed' | 'columns';
  place: 'inline' | 'thread';
  /** Largest batch that `score` should get. */
  maxBatch: number;
  /** Measured in `warmUp`: microseconds for a batch of one and of `maxBatch`. */
  cost: { one: number; full: number };
  /** Scores `n` checked rows, row-major in the order of the inputs; a Float32Array only for the packed layout. */
  score(rows: Rows, n: number): Promise<Scores>;
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Loads an ONNX model, ties it to its signature and warms it up.
 * Throws 422 when the bytes are no usable model or do not fit the signature; nothing stays allocated then.
 */
export async function loadOnnx(
  bytes: Uint8Array,
  signature: Signature,
  options: OnnxOptions = {},
): Promise<Model> {
  if (options.place === 'thread' && options.threadEntry)
    return build(await remote(bytes, options.threadEntry), signature, options, 'thread');
  const model = await build(await local(bytes), signature, options, 'inline');
  if (options.place === 'inline' || !options.threadEntry || model.maxBatch >= MIN_BATCH) return model;
  await model.close();
  return build(await remote(bytes, options.threadEntry), signature, options, 'thread');
}

const MIN_BATCH = 16;
const MAX_BATCH = 256;

const local = (bytes: Uint8Array) => openSession(bytes).catch(refuse);
const remote = (bytes: Uint8Array, entry: string | URL) => openRemoteSession(bytes, entry).catch(refuse);

function refuse(cause: unknown): never {
  throw new AppError(ERRORS.UNPROCESSABLE, 'The model cannot be loaded: onnxruntime refuses the file.', {
    hint: 'Check the file with onnx.checker.check_model; export it again for an opset that onnxruntime supports.',
    cause,
  });
}

async function build(
  session: Session,
  signature: Signature,
  options: OnnxOptions,
  place: Model['place'],
): Promise<Model> {
  try {
    return await bind(session, signature, options, place);
  } catch (error) {
    await session.close();
    if (error instanceof AppError) throw error;
    throw new AppError(
      ERRORS.UNPROCESSABLE,
      'The model loads but fails on rows that satisfy its signature.',
      {
        hint: 'Score a few rows with onnxruntime in Python; the signature may name other columns than the graph expects.',
        cause: error,
      },
    );
  }
}

async function bind(
  session: Session,
  signature: Signature,
  options: OnnxOptions,
  place: Model['place'],
): Promise<Model> {
  const binding = bindInputs(session.inputs, signature);
  const usable = session.outputs.filter((port) => port.type !== undefined);
  if (usable.length === 0) {
    throw new AppError(ERRORS.UNPROCESSABLE, 'No output of the model is a tensor.', {
      hint: 'Export classifiers with zipmap=False.',
    });
  }
  const names = usable.map((port) => port.name);
  const sample = await session.run(binding.feeds(sampleRows(signature, 2), 2), names);
  const outputs = bindOutputs(
    signature,
    usable,
    new Map(names.map((name, i) => [name, sample[i] as Fetched])),
  );
  const fetches = [...new Set(outputs.map((output) => output.port))];
  const places = outputs.map((output) => fetches.indexOf(output.port));

  const model: Model = {
    inputs: signature.inputs,
    outputs,
    layout: binding.layout,
    place,
    maxBatch: options.maxBatch ?? MAX_BATCH,
    cost: { one: 0, full: 0 },
    async score(rows, n) {
      const results = await session.run(binding.feeds(rows, n), fetches);
      return {
        value: (row, column) =>
          readOutput(outputs[column] as OutputBinding, results[places[column] as number] as Fetched, row),
      };
    },
    async warmUp() {
      const limit = options.inlineMicros ?? 250;
      const measure = async (n: number) => {
        const feeds = binding.feeds(sampleRows(signature, n), n);
        let best = Infinity;
        for (let i = 0; i < 7; i++) {
          const started = process.hrtime.bigint();
          await session.run(feeds, fetches);
          best = Math.min(best, Number(process.hrtime.bigint() - started) / 1000);
        }
        return best;
      };
      model.cost.one = await measure(1);
      let batch = options.maxBatch ?? MAX_BATCH;
      model.cost.full = await measure(batch);
      while (place === 'inline' && batch > 1 && model.cost.full > limit) {
        batch = Math.ceil(batch / 2);
        model.cost.full = await measure(batch);
      }
      model.maxBatch = batch;
    },
    close: () => session.close(),
  };
  await model.warmUp();
  return model;
}

/** Rows that satisfy the signature, for warming up: zeros, empty texts, false. */
function sampleRows(signature: Signature, n: number): Value[] {
  const row = signature.inputs.map((column): Value => {
    if (column.type === 'string') return '';
    return column.type === 'boolean' ? false : 0;
  });
  return Array.from({ length: n }, () => row).flat();
}
