import { z } from 'zod';

/** Names of projects, datasets, models, endpoints: what fits into a URL, a file and a URN without escapes. */
export const Name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[A-Za-z0-9][\w.-]*$/, 'use letters, digits, "_", "." and "-", starting with a letter or digit');

/** The simple rule that ML must beat. A model baseline is trained, tracked and scored like any model. */
export const Baseline = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('constant'), value: z.number() }),
  z.object({ kind: z.literal('expression'), expression: z.string().min(1).max(4000) }),
  z.object({ kind: z.literal('model'), model: Name, version: z.number().int().positive().default(1) }),
]);
export type Baseline = z.infer<typeof Baseline>;

export const TASKS = ['binary_classification', 'regression'] as const;

/** Metrics by which a charter can set its goal; all are per-row losses, so lower is better and rows can be paired. */
export const GOAL_METRICS = ['log_loss', 'brier', 'squared_error', 'absolute_error'] as const;
export const GoalMetric = z.enum(GOAL_METRICS);
export type GoalMetric = z.infer<typeof GoalMetric>;

export const Charter = z.object({
  /** The question the model answers, as one sentence. */
  question: z.string().min(1).max(300),
  problem: z.string().max(4000).default(''),
  task: z.enum(TASKS),
  /** The column that holds the truth. */
  label: z.string().min(1),
  /** What somebody does differently because of a prediction. */
  decision: z.string().max(2000).default(''),
  /** When a prediction can change its own outcome, only a traffic split can test quality; otherwise rows are paired. */
  prediction_changes_outcome: z.boolean().default(false),
  costs: z.object({ false_positive: z.number().min(0), false_negative: z.number().min(0) }).optional(),
  baseline: Baseline,
  goal: z.object({
    metric: GoalMetric.default('log_loss'),
    /** How much better than the baseline a version must be, in units of the metric. */
    margin: z.number().min(0).default(0),
  }),
  /** Columns by which every evaluation is cut into slices. */
  slices: z.array(z.string()).max(20).default([]),
  people: z.record(z.string(), z.string()).default({}),
  target_level: z.number().int().min(0).max(4).default(2),
  target_reason: z.string().max(1000).default(''),
});
export type Charter = z.infer<typeof Charter>;

export const MODES = ['automatic', 'on-merge', 'manual'] as const;

const DAY = 86_400_000;

/** The test that a promotion into an environment runs: how large a gain must be found, and for how long one waits. */
export const RolloutPolicy = z.object({
  effect: z.number().positive(),
  horizon_days: z.number().positive().default(60),
  canary_weight: z.number().min(0.001).max(0.5).default(0.1),
  canary_days: z.number().positive().default(7),
  margin: z.number().positive().optional(),
  alpha: z.number().min(0.001).max(0.2).default(0.05),
});
export type RolloutPolicy = z.infer<typeof RolloutPolicy>;
export const days = (count: number): number => count * DAY;

export const Environment = z.object({
  name: Name,
  /** Only a promotion may change a protected environment. */
  protected: z.boolean().default(false),
  /** What lets a promotion through once its gates passed: nothing more, a CI result of the commit, or people. */
  mode: z.enum(MODES).default('automatic'),
  approvals: z
    .object({ needed: z.number().int().min(1).max(10).default(1), allow_self: z.boolean().default(false) })
    .prefault({}),
  /** The environment a version must have reached first. */
  after: Name.optional(),
  /** Endpoint of a model in this environment; `{model}` and `{environment}` are filled in. */
  endpoint: z.string().default('{model}-{environment}'),
  /** A newer version must prove itself here against the champion before it answers everybody. */
  rollout: RolloutPolicy.optional(),
  /** May be worse than the champion by this much in the goal metric, on the hold-out, and still be tried. */
  tolerance: z.number().min(0).default(0),
});
export type Environment = z.infer<typeof Environment>;

/** `rondo.yaml`: the charter and the environments of one project. */
export const ProjectFile = z
  .object({
    project: Name,
    title: z.string().max(200).optional(),
    description: z.string().max(2000).optional(),
    charter: Charter.optional(),
    environments: z
      .array(Environment)
      .min(1)
      .max(20)
      .prefault([{ name: 'dev' }]),
    /** Aliases and stages of the MLflow registry that only a promotion may move, by environment. */
    protected_aliases: z.record(z.string(), Name).default({}),
  })
  .superRefine((file, context) => {
    const names = file.environments.map((environment) => environment.name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) !== index)
        context.addIssue({
          code: 'custom',
          path: ['environments', index, 'name'],
          message: `'${name}' is listed twice`,
        });
    }
    for (const [index, { after }] of file.environments.entries()) {
      if (after !== undefined && names.indexOf(after) >= index) {
        context.addIssue({
          code: 'custom',
          path: ['environments', index, 'after'],
          message: `'${after}' must be listed before it`,
        });
      }
    }
  });
export type ProjectFile = z.infer<typeof ProjectFile>;

export const Project = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  revision: z.number(),
  charter: Charter.nullable(),
  environments: z.array(Environment),
  protected_aliases: z.record(z.string(), z.string()),
  created_at: z.number(),
  updated_at: z.number(),
});
export type Project = z.infer<typeof Project>;

export const ProjectRevision = z.object({
  revision: z.number(),
  author: z.string(),
  created_at: z.number(),
  file: ProjectFile,
});
export type ProjectRevision = z.infer<typeof ProjectRevision>;

export const DEFAULT_PROJECT = 'default';
