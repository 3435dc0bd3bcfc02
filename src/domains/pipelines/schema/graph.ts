import { z } from 'zod';

/** Names of pipelines, steps, inputs and outputs: they appear in URLs, URNs and environment variables, never in a path or a shell. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/,
    'use letters, digits, "_", "." and "-", at most 100, and begin with a letter or digit',
  );
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex');

/** What flows along an edge: JSON, the bytes of a file, or a reference to a dataset version or a model. */
export const PortType = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('value'), schema: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('file') }),
  z.object({ kind: z.literal('dataset') }),
  z.object({ kind: z.literal('model') }),
]);
export type PortType = z.infer<typeof PortType>;

const Path = z.array(z.string().max(200)).max(20).default([]);

/** Where an input comes from. `item` is the current element inside a mapped node; `list` gathers several sources. */
export type Binding =
  | { from: 'param'; path: string[] }
  | { from: 'output'; node: string; output: string; path: string[] }
  | { from: 'literal'; value: unknown }
  | { from: 'item'; path: string[] }
  | { from: 'list'; items: Binding[] };
export const Binding: z.ZodType<Binding, Binding> = z.lazy(() =>
  z.discriminatedUnion('from', [
    z.object({ from: z.literal('param'), path: Path }),
    z.object({ from: z.literal('output'), node: Name, output: Name, path: Path }),
    z.object({ from: z.literal('literal'), value: z.unknown() }),
    z.object({ from: z.literal('item'), path: Path }),
    z.object({ from: z.literal('list'), items: z.array(Binding).max(10_000) }),
  ]),
) as z.ZodType<Binding, Binding>;

export const Resources = z.object({
  cpu: z.number().positive().max(1024).default(1),
  memory_mb: z.number().int().positive().nullable().default(null),
  gpu: z.number().int().min(0).max(64).default(0),
});

export const LAUNCHER_CLASSES = ['process', 'slurm', 'ray', 'kubernetes'] as const;

/** One step of the graph: what it takes, what it gives, and under which rules it runs. Times in ms. */
export const GraphNode = z.object({
  id: Name,
  /** The step's own name in the code; several nodes may run the same step. */
  step: Name,
  description: z.string().max(2000).default(''),
  takes: z.record(Name, PortType).default({}),
  inputs: z.record(Name, Binding).default({}),
  outputs: z.record(Name, PortType).default({}),
  after: z.array(Name).default([]),
  /** Runs only when the expression (CEL over `inputs`) is true. */
  when: z
    .object({ expression: z.string().min(1).max(2000), inputs: z.record(Name, Binding) })
    .nullable()
    .default(null),
  /** One execution per element of a list, at most `width` at the same time. */
  map: z
    .object({ over: Binding, width: z.number().int().positive().max(10_000) })
    .nullable()
    .default(null),
  /** Runs only when that node failed. */
  on_failure_of: Name.nullable().default(null),
  /** null: never reused. */
  cache: z
    .object({
      ttl_ms: z.number().int().positive().nullable().default(null),
      ignore: z.array(Name).default([]),
    })
    .nullable()
    .default({ ttl_ms: null, ignore: [] }),
  /** `max` further attempts; the n-th waits `backoff_ms` × 2^(n-1). */
  retry: z
    .object({
      max: z.number().int().min(0).max(100).default(0),
      backoff_ms: z.number().int().min(0).max(86_400_000).default(1000),
    })
    .default({ max: 0, backoff_ms: 1000 }),
  timeout_ms: z.number().int().positive().max(2_000_000_000).nullable().default(null),
  resources: Resources.default({ cpu: 1, memory_mb: null, gpu: 0 }),
  launcher: z.enum(LAUNCHER_CLASSES).default('process'),
  env: z.record(z.string().regex(/^[A-Za-z_]\w{0,99}$/), z.string().max(10_000)).default({}),
  /** Pipeline parameters that the step's code can read; only these are handed to it and count in its cache key. */
  params: z.array(z.string()).default([]),
  /** Digest of the step's own code with everything it imports. */
  code: Digest,
});
export type GraphNode = z.infer<typeof GraphNode>;

/** A rule that starts the pipeline, as data: `automation` reads it from the `pipeline.applied` event. */
export const Trigger = z.object({
  name: Name.optional(),
  when: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('schedule'),
      cron: z.string().min(1).max(200),
      timezone: z.string().max(100).default('UTC'),
    }),
    z.object({
      kind: z.literal('event'),
      type: z.string().min(1).max(200),
      subject: z.string().max(1000).nullable().default(null),
    }),
    z.object({ kind: z.literal('webhook') }),
  ]),
  /** CEL over `event`; the run starts only when it is true. */
  if: z.string().max(2000).nullable().default(null),
  /** Parameters of the run; a text `{{ expression }}` is computed from the event. */
  params: z.record(z.string(), z.unknown()).default({}),
  guard: z
    .object({
      cooldown_ms: z.number().int().min(0).nullable().default(null),
      daily_cap: z.number().int().positive().nullable().default(null),
    })
    .default({ cooldown_ms: null, daily_cap: null }),
});
export type Trigger = z.infer<typeof Trigger>;

export const Graph = z.object({
  format: z.literal(1),
  name: Name,
  description: z.string().max(5000).default(''),
  /** JSON Schema of the parameters (an object). */
  params: z.record(z.string(), z.unknown()),
  triggers: z.array(Trigger).max(100).default([]),
  nodes: z.array(GraphNode).min(1).max(10_000),
});
export type Graph = z.infer<typeof Graph>;
export type GraphInput = z.input<typeof Graph>;

/** What was applied besides the graph, so that any run can say what it ran. */
export const CodeRecord = z.object({
  /** Blob of the bundle that holds every step. */
  bundle: Digest,
  runtime: z.literal('node').default('node'),
  runtime_version: z.string().max(100),
  /** Folder on the author's machine from which packages that cannot be bundled are loaded. */
  root: z.string().max(4000).nullable().default(null),
  externals: z.array(z.string().max(300)).max(1000).default([]),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .nullable()
    .default(null),
  branch: z.string().max(300).nullable().default(null),
  /** Blob of the changes since the commit, when there were any. */
  dirty_diff: Digest.nullable().default(null),
  /** sha256 of the package lock file, and its name. */
  lock: Digest.nullable().default(null),
  lock_file: z.string().max(200).nullable().default(null),
});
export type CodeRecord = z.infer<typeof CodeRecord>;
