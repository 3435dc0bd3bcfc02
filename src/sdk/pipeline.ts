import { z } from 'zod';
import type { GraphInput } from '../domains/pipelines/schema/graph.ts';
import { collectNodes, type DraftNode, toMs } from './build.ts';
import { handle, type Handle, jsonSchema } from './ports.ts';
import type { AnyStep, Duration } from './declared.ts';

export type TriggerInput = NonNullable<GraphInput['triggers']>[number];

export interface PipelineOptions<P extends z.ZodObject> {
  description?: string;
  params?: P;
  /** What starts the pipeline by itself; the rules are kept by the server. */
  on?: TriggerInput[];
}

export interface PipelineBuilder<P extends z.ZodObject> {
  params: { [K in keyof z.output<P> & string]: Handle<z.output<P>[K]> };
}

export type GraphDraft = Omit<GraphInput, 'nodes'> & { nodes: DraftNode[] };

const BRAND = Symbol.for('rondo.pipeline');

export interface Pipeline {
  readonly name: string;
  readonly [BRAND]: true;
  /** The graph as data. Throws when the pipeline is wired wrongly. */
  graph(): GraphDraft;
  step(name: string): AnyStep | undefined;
}

/**
 * Declares a pipeline: `build` connects steps by calling them. It runs on the author's machine and only describes; nothing of a
 * step's own code is run by it.
 *
 * ```ts
 * export default pipeline('flights', { params: z.object({ month: z.string() }), on: [cron('0 3 * * *')] }, (p) => {
 *   const data = prepare({ month: p.params.month });
 *   train({ data: data.out.table, rate: 0.1 });
 * });
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function pipeline<P extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  name: string,
  options: PipelineOptions<P>,
  build: (p: PipelineBuilder<P>) => unknown,
): Pipeline {
  const params = options.params ?? z.object({});
  let collected: ReturnType<typeof collectNodes> | undefined;
  const collect = () => {
    collected ??= collectNodes(() => {
      const handles = Object.keys(params.shape).map((key) => [key, handle({ from: 'param', path: [key] })]);
      const outcome = build({ params: Object.fromEntries(handles) as PipelineBuilder<P>['params'] });
      if (outcome instanceof Promise) throw new Error('The build function of a pipeline cannot be async.');
    });
    return collected;
  };
  return {
    name,
    [BRAND]: true,
    graph: () => ({
      format: 1,
      name,
      description: options.description ?? '',
      params: jsonSchema(params, 'input'),
      triggers: options.on ?? [],
      nodes: collect().map(({ draft }) => draft),
    }),
    step: (wanted) => collect().find(({ step }) => step.stepName === wanted)?.step,
  };
}

export const isPipeline = (thing: unknown): thing is Pipeline =>
  typeof thing === 'object' && thing !== null && BRAND in thing;

export interface TriggerOptions {
  name?: string;
  /** CEL over `event`; the run starts only when it is true. */
  if?: string;
  /** Parameters of the run; a text `{{ expression }}` is computed from the event. */
  params?: Record<string, unknown>;
  /** Least time between two runs, most runs per day. */
  cooldown?: Duration;
  dailyCap?: number;
}

/** Starts at times given by five fields: minute, hour, day, month, weekday. */
export const cron = (
  expression: string,
  options: TriggerOptions & { timezone?: string } = {},
): TriggerInput =>
  trigger({ kind: 'schedule', cron: expression, timezone: options.timezone ?? 'UTC' }, options);

/** Starts when a fact of this type happens, for example `event('dataset.version.created', { subject: 'rondo:dataset:flights' })`. */
export const event = (type: string, options: TriggerOptions & { subject?: string } = {}): TriggerInput =>
  trigger({ kind: 'event', type, subject: options.subject ?? null }, options);

/** Starts by a signed call from outside. */
export const webhook = (options: TriggerOptions = {}): TriggerInput => trigger({ kind: 'webhook' }, options);

function trigger(when: TriggerInput['when'], options: TriggerOptions): TriggerInput {
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    when,
    if: options.if ?? null,
    params: options.params ?? {},
    guard: {
      cooldown_ms: options.cooldown === undefined ? null : toMs(options.cooldown),
      daily_cap: options.dailyCap ?? null,
    },
  };
}
