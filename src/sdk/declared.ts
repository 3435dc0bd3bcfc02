import { z } from 'zod';
import type { Carried, Handle, Port } from './ports.ts';

/** A step of whatever inputs and outputs. */
export interface AnyStep {
  readonly stepName: string;
  readonly options: {
    description?: string;
    in?: Inputs;
    out?: Outputs;
    cache?: false | { ttl?: Duration; ignore?: string[] };
    retry?: { max: number; backoff?: Duration };
    timeout?: Duration;
    resources?: { cpu?: number; memory?: number | string; gpu?: number };
    launcher?: 'process' | 'slurm' | 'ray' | 'kubernetes';
    env?: Record<string, string>;
    params?: string[];
    run(context: never): unknown;
  };
}

/** The output of a step as another step's default input: `in: { ds: prep.out.ds }`. */
export interface OutputOf<P extends Port = Port> {
  readonly step: AnyStep;
  readonly output: string;
  readonly port: P;
}

/** An input is a zod schema, a port, or the output of another step. */
export type InputSpec = z.ZodType | Port | OutputOf;
export type Inputs = Record<string, InputSpec>;
export type Outputs = Record<string, Port>;
/** `'500ms'`, `'30s'`, `'5m'`, `'2h'`, `'30d'`, or milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** A use of a step in a pipeline. */
export interface NodeHandle<O extends Outputs = Outputs> {
  readonly id: string;
  readonly out: { readonly [K in keyof O]: Handle<Carried<O[K]>> };
}

export interface CallOptions {
  /** Name in the graph when the step is used more than once. */
  id?: string;
  /** Steps that must have ended first, besides those whose outputs are inputs. */
  after?: readonly NodeHandle[];
  /** Runs only when this one failed. */
  onFailureOf?: NodeHandle;
}

export const isOutputOf = (spec: InputSpec): spec is OutputOf => 'output' in spec && 'step' in spec;

/** The port behind an input specification. */
export function inputPort(spec: InputSpec): Port {
  if (isOutputOf(spec)) return spec.port;
  if (spec instanceof z.ZodType) return { kind: 'value', schema: spec };
  return spec;
}
