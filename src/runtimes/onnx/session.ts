import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** Element types that Rondo feeds to and reads from ONNX models. */
export type TensorType = 'float32' | 'float64' | 'int32' | 'int64' | 'string' | 'bool' | 'uint8' | 'int8';
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Int8Array
  | string[];

export interface Feed {
  name: string;
  type: TensorType;
  data: TensorData;
  dims: number[];
}

export interface Port {
  name: string;
  /** undefined: not a tensor, or an element type Rondo does not handle. */
  type: string | undefined;
  /** A text or −1 stands for any size. */
  shape: (number | string)[];
}

export interface Fetched {
  type: string;
  data: TensorData;
  dims: number[];
}

/** A loaded graph: on this thread, or in a worker thread that answers the same calls. */
export interface Session {
  inputs: Port[];
  outputs: Port[];
  /** Scores one batch. On the calling thread it blocks for the whole computation. */
  run(feeds: Feed[], fetches: string[]): Promise<Fetched[]>;
  close(): Promise<void>;
}

interface Runtime {
  InferenceSession: typeof InferenceSession;
  Tensor: typeof Tensor;
}

let runtime: Runtime | undefined;

/** Loads the native library at the first model, so that a process without models never pays for it. */
function load(): Runtime {
  runtime ??= createRequire(import.meta.url)('onnxruntime-node') as Runtime;
  return runtime;
}

/** Opens a model on this thread. Throws what onnxruntime throws. */
export async function openSession(bytes: Uint8Array): Promise<Session> {
  const { InferenceSession, Tensor } = load();
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  });
  const port = (meta: InferenceSession.ValueMetadata): Port => ({
    name: meta.name,
    type: meta.isTensor ? meta.type : undefined,
    shape: meta.isTensor ? [...meta.shape] : [],
  });
  return {
    inputs: session.inputMetadata.map(port),
    outputs: session.outputMetadata.map(port),
    async run(feeds, fetches) {
      const input: Record<string, Tensor> = {};
      for (const feed of feeds)
        input[feed.name] = new Tensor(feed.type as 'float32', feed.data as Float32Array, feed.dims);
      const result = await session.run(input, fetches);
      return fetches.map((name) => {
        const tensor = result[name] as Tensor;
        return { type: tensor.type, data: tensor.data as TensorData, dims: [...tensor.dims] };
      });
    },
    close: () => session.release(),
  };
}
