import type { z } from 'zod';
import { addNode } from './build.ts';
import type { CallOptions, Duration, Inputs, NodeHandle, OutputOf, Outputs } from './declared.ts';
import type { Carried, Received, Returned, ValuePort, Wire } from './ports.ts';
import type { Rondo } from './rondo.ts';

type PortOf<I> = I extends z.ZodType ? ValuePort<I> : I extends OutputOf<infer P> ? P : I;

export interface StepContext<I extends Inputs> {
  inputs: { [K in keyof I]: Received<PortOf<I[K]>> };
  /** The pipeline's parameters that this step may read. */
  params: Record<string, unknown>;
  /** A client of the server that runs this step, acting as this attempt. */
  rondo: Rondo;
  /** Prints to the step's log. */
  log(...parts: unknown[]): void;
  /** Shows how far the step is: `part` from 0 to 1. */
  progress(part: number, text?: string): void;
  attempt: {
    /** 1 for the first. */
    number: number;
    /** Makes side effects idempotent: the same whenever this attempt is repeated after a crash. */
    key: string;
    pipeline: string;
    run: string;
    runNumber: number;
    step: string;
    stepRun: string;
  };
  /** Aborted when the step shall end (cancelled, timed out); three seconds later it is killed. */
  signal: AbortSignal;
  /** A folder of this attempt; gone afterwards. */
  workdir: string;
  /** Path of a file to write, to be returned as a file output. */
  output(name: string): string;
}

export interface StepOptions<I extends Inputs, O extends Outputs> {
  description?: string;
  in?: I;
  out?: O;
  /** `false`: never reused. `ttl`: reused while younger. `ignore`: inputs and parameters that do not count. */
  cache?: false | { ttl?: Duration; ignore?: (keyof I & string)[] | string[] };
  /** Further attempts after a failure; the wait doubles from `backoff` (1 s). */
  retry?: { max: number; backoff?: Duration };
  timeout?: Duration;
  resources?: { cpu?: number; memory?: number | `${number}${'Mi' | 'Gi'}`; gpu?: number };
  launcher?: 'process' | 'slurm' | 'ray' | 'kubernetes';
  env?: Record<string, string>;
  /** Parameters the code may read through `params`. When left out: all, if the code mentions `params`. */
  params?: string[];
  run(
    context: StepContext<I>,
  ): Promise<{ [K in keyof O]: Returned<O[K]> }> | { [K in keyof O]: Returned<O[K]> };
}

type Wanted<I extends Inputs> = {
  [K in keyof I as I[K] extends OutputOf ? never : K]: Wire<WireType<PortOf<I[K]>>>;
} & { [K in keyof I as I[K] extends OutputOf ? K : never]?: Wire<WireType<PortOf<I[K]>>> };
type WireType<P> = P extends ValuePort<infer S> ? z.input<S> : Carried<P>;
type CallArgs<I extends Inputs> =
  Record<never, never> extends Wanted<I>
    ? [inputs?: Wanted<I>, options?: CallOptions]
    : [inputs: Wanted<I>, options?: CallOptions];

export interface Step<I extends Inputs = Inputs, O extends Outputs = Outputs> {
  /** Puts the step into the pipeline that is being built. */
  (...args: CallArgs<I>): NodeHandle<O>;
  readonly stepName: string;
  readonly options: StepOptions<I, O>;
  readonly out: { readonly [K in keyof O]: OutputOf<O[K]> };
}

// oxlint-disable-next-line typescript/no-empty-object-type
type None = {};

/**
 * Declares a step. Its code runs in a process of its own, away from the server; what it returns is checked against `out` and
 * published once, however often an attempt is repeated.
 *
 * ```ts
 * const train = step('train', {
 *   in: { data: prepare.out.data, rate: z.number() },
 *   out: { model: model(), auc: value(z.number()) },
 *   timeout: '1h',
 *   run: async ({ inputs, rondo, log }) => { … return { model: { model_id }, auc }; },
 * });
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function step<I extends Inputs = None, O extends Outputs = None>(
  name: string,
  options: StepOptions<I, O>,
): Step<I, O> {
  const call = (inputs: Record<string, unknown> = {}, callOptions: CallOptions = {}) =>
    addNode(declared, inputs, callOptions);
  const out = Object.fromEntries(
    Object.entries(options.out ?? {}).map(([output, port]) => [
      output,
      {
        get step() {
          return declared;
        },
        output,
        port,
      },
    ]),
  );
  const declared = Object.assign(call, { stepName: name, options, out }) as unknown as Step<I, O>;
  return declared;
}
