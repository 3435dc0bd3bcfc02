import { createHash } from 'node:crypto';
import { AppError, ERRORS, toAppError } from '../../../lib/errors.ts';
import { loadOnnx, type Model, type OnnxOptions, pack, type Scores } from '../../../runtimes/onnx/index.ts';
import type { Value } from '../../../runtimes/signature.ts';
import type { DeploymentRoute, EndpointRoute } from '../schema/route.ts';
import type { Counter, PredictionLog } from './log.ts';
import { logFull } from './log.ts';
import type { DeploymentMetrics } from './metrics.ts';
import { predictionLine } from './prediction-line.ts';

/** One row on its way through a deployment. */
export interface Item {
  /** The request row: `cells[at … at + width)`. */
  cells: readonly Value[];
  at: number;
  width: number;
  /** What the model reads; undefined when it is the request row. */
  vector: readonly Value[] | undefined;
  eventTime: number;
  /** `performance.now()` at arrival. */
  started: number;
  propensity: number | null;
  unit: string | undefined;
  key: string | undefined;
  pinned: boolean;
  /** Shadow: the id that was answered. */
  of: string | undefined;
  done(id: string, output: (Value | Value[])[]): void;
  failed(error: AppError): void;
}

const MAX_QUEUE = 8_192;

/** A model, loaded once per digest and signature, with zero-delay micro-batching for one deployment. */
export class LiveDeployment {
  readonly route: DeploymentRoute;
  readonly endpoint: string;
  readonly arm: string;
  readonly weight: number;
  readonly model: Model;
  readonly metrics: DeploymentMetrics;
  private readonly log: PredictionLog;
  private readonly refuse: boolean;
  private readonly counter: Counter;
  private readonly pool: Float32Array;
  private readonly width: number;
  private queue: Item[] = [];
  private running = false;
  private idle: (() => void)[] = [];

  constructor(
    endpoint: EndpointRoute,
    route: DeploymentRoute,
    model: Model,
    log: PredictionLog,
    metrics: DeploymentMetrics,
  ) {
    this.endpoint = endpoint.name;
    this.route = route;
    this.arm = route.arm;
    this.weight = route.weight;
    this.model = model;
    this.log = log;
    this.metrics = metrics;
    this.refuse = endpoint.log === 'refuse';
    this.counter = log.counter(endpoint.name, route.id);
    this.width = model.inputs.length;
    this.pool = new Float32Array(model.layout === 'packed' ? model.maxBatch * this.width : 0);
  }

  /** Rows that may still be queued. */
  get room(): number {
    return MAX_QUEUE - this.queue.length;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Queues a row. When nothing runs, everything queued starts at the next turn of the event loop. */
  submit(item: Item): void {
    this.queue.push(item);
    if (this.running) return;
    this.running = true;
    setImmediate(this.run);
  }

  /** Settles when no row is queued or running. */
  drained(): Promise<void> {
    if (!this.running) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private readonly run = (): void => {
    if (this.queue.length === 0) {
      this.running = false;
      for (const resolve of this.idle.splice(0)) resolve();
      return;
    }
    const batch =
      this.queue.length <= this.model.maxBatch ? this.queue : this.queue.splice(0, this.model.maxBatch);
    if (batch === this.queue) this.queue = [];
    this.model.score(this.rows(batch), batch.length).then(
      (scores) => {
        this.deliver(batch, scores);
        this.run();
      },
      (cause: unknown) => {
        const error = new AppError(ERRORS.INTERNAL, 'The model failed on this input.', { hint: '', cause });
        for (const item of batch) item.failed(error);
        this.run();
      },
    );
  };

  private rows(batch: readonly Item[]): Float32Array | Value[] {
    if (this.model.layout === 'columns') {
      return batch.flatMap((item) => item.vector ?? item.cells.slice(item.at, item.at + item.width));
    }
    for (let i = 0; i < batch.length; i++) {
      const { vector, cells, at } = batch[i] as Item;
      if (vector) pack(vector, this.pool, this.width, 0, i * this.width);
      else pack(cells, this.pool, this.width, at, i * this.width);
    }
    return this.pool;
  }

  /** One write to the log, then the answers. */
  private deliver(batch: readonly Item[], scores: Scores): void {
    const { counter, model, metrics } = this;
    const wall = Date.now();
    const now = performance.now();
    const first = counter.last + 1;
    const outputs: (Value | Value[])[][] = [];
    let text = '';
    for (let i = 0; i < batch.length; i++) {
      const item = batch[i] as Item;
      const output = model.outputs.map((_, column) => scores.value(i, column));
      outputs.push(output);
      text += predictionLine(counter.prefix + (first + i), this.route.id, item, output, wall, now);
    }
    counter.last += batch.length;
    metrics.batches++;
    metrics.rows += batch.length;
    if (!this.log.append(text)) {
      if (this.refuse) {
        counter.last = first - 1;
        const error = logFull();
        for (const item of batch) item.failed(error);
        return;
      }
      metrics.unlogged += batch.length;
      this.log.lose(counter, first, counter.last);
    }
    for (let i = 0; i < batch.length; i++) {
      try {
        (batch[i] as Item).done(counter.prefix + (first + i), outputs[i] as Value[]);
      } catch (error) {
        (batch[i] as Item).failed(toAppError(error));
      }
    }
  }
}

/** Loads a deployment's model from its blob; 422 when the digest, the flavour or the file is not what the route says. */
export async function loadModel(
  route: DeploymentRoute,
  readBlob: (digest: string) => Promise<Uint8Array>,
  options: OnnxOptions,
): Promise<Model> {
  const { model } = route;
  const name = `${model.name} version ${model.version}`;
  if (model.flavor !== 'onnx') {
    throw new AppError(
      ERRORS.UNPROCESSABLE,
      `${name} has flavour ${model.flavor}; this gateway serves onnx.`,
      {
        hint: 'Log the model as ONNX (mlflow.onnx, skl2onnx, onnxmltools) and register that version.',
      },
    );
  }
  const bytes = await readBlob(model.digest).catch((cause: unknown) => {
    throw new AppError(ERRORS.UNPROCESSABLE, `The file of ${name} cannot be read.`, {
      hint: 'The artifact store of the server must be reachable from the gateway.',
      cause,
    });
  });
  if (createHash('sha256').update(bytes).digest('hex') !== model.digest) {
    throw new AppError(ERRORS.UNPROCESSABLE, `The file of ${name} does not have the digest of its version.`, {
      hint: 'The stored file was damaged; register the model again.',
    });
  }
  return loadOnnx(bytes, route.signature, options);
}
