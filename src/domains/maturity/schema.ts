import { z } from 'zod';
import { Lead } from '../../lib/lead.ts';
import { Name } from '../projects/schema.ts';

/** Axes of Microsoft's model that records can prove; the fourth, people, is attested. */
export const AXES = ['model_creation', 'model_release', 'application_integration'] as const;
export const Axis = z.enum(AXES);
export type Axis = z.infer<typeof Axis>;

export const LEVEL_NAMES = [
  'No MLOps',
  'DevOps, no MLOps',
  'Automated training',
  'Automated deployment',
  'Full automation',
] as const;

export const CI_KINDS = ['unit', 'integration', 'build', 'static'] as const;
export const CiKind = z.enum(CI_KINDS);
export type CiKind = z.infer<typeof CiKind>;

const Commit = z.string().regex(/^[0-9a-f]{7,64}$/, 'a git commit in lower-case hex, best all 40 digits');
const Count = z.number().int().min(0).max(1_000_000_000);

export const CiReport = z.object({
  commit: Commit,
  /** Name of the suite, for example `unit` or `integration`. */
  suite: z.string().min(1).max(200),
  /** What the suite is; told from its name when left out. */
  kind: CiKind.optional(),
  passed: Count,
  failed: Count,
  skipped: Count.default(0),
  /** Page of the CI run. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional(),
});
export type CiReport = z.infer<typeof CiReport>;

export const CiResult = z.object({
  id: z.number(),
  project: z.string(),
  commit: z.string(),
  suite: z.string(),
  kind: CiKind,
  passed: z.number(),
  failed: z.number(),
  skipped: z.number(),
  url: z.string().nullable(),
  reported_by: z.string(),
  reported_at: z.number(),
});
export type CiResult = z.infer<typeof CiResult>;

/** Where in the UI the next step is taken. */
export const SECTIONS = [
  'runs',
  'datasets',
  'features',
  'models',
  'pipelines',
  'rules',
  'releases',
  'endpoints',
  'rollouts',
  'monitors',
  'ci',
] as const;
export const NextAction = z.object({ text: z.string(), section: z.enum(SECTIONS) });
export type NextAction = z.infer<typeof NextAction>;

/** `share`: found of total. `count`: found. `value`: a measured value that must reach the target. */
export const Needed = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('share'), at_least: z.number() }),
  z.object({ kind: z.literal('count'), at_least: z.number() }),
  z.object({ kind: z.literal('value'), at_least: z.number() }),
]);
export type Needed = z.infer<typeof Needed>;

export const Finding = z.object({
  id: z.string(),
  level: z.number(),
  axis: Axis,
  /** What the practice demands, in one line. */
  title: z.string(),
  /** How it is counted: records, and what counts of them. */
  query: z.string(),
  window_days: z.number(),
  state: z.enum(['pass', 'partial', 'fail']),
  found: z.number().nullable(),
  /** Of how many; null when `found` stands alone. */
  total: z.number().nullable(),
  needed: Needed,
  /** URNs of up to five records. */
  proofs: z.array(z.string()),
  next: NextAction,
});
export type Finding = z.infer<typeof Finding>;

const AxisLevel = z.object({
  level: z.number(),
  name: z.string(),
  /** Criteria met, per level; a level without criteria of its own holds when those below do. */
  by_level: z.array(z.object({ level: z.number(), met: z.number(), of: z.number() })),
});
export type AxisLevel = z.infer<typeof AxisLevel>;

export const Attestation = z.object({
  criterion: z.string(),
  by: z.string(),
  recorded_by: z.string(),
  statement: z.string(),
  attested_at: z.number(),
  expires_at: z.number(),
});
export type Attestation = z.infer<typeof Attestation>;

export const AttestBody = z.object({
  /** Who says so. */
  by: z.string().min(1).max(200),
  statement: z.string().min(1).max(2000),
  /** Last day it holds (UTC); at most two years away. */
  expires: z.iso.date(),
});

export const PeopleCriterion = z.object({
  id: z.string(),
  level: z.number(),
  title: z.string(),
  attestation: Attestation.nullable(),
  /** Attested and not expired. */
  holds: z.boolean(),
});
export type PeopleCriterion = z.infer<typeof PeopleCriterion>;

export const MlTest = z.object({
  id: z.string(),
  section: z.enum(['data', 'model', 'infrastructure', 'monitoring']),
  text: z.string(),
  /** Null: no record of Rondo can prove it; it counts 0. */
  proof: z.string().nullable(),
  points: z.union([z.literal(0), z.literal(0.5), z.literal(1)]),
  proofs: z.array(z.string()),
});
export type MlTest = z.infer<typeof MlTest>;

export const MlTestScore = z.object({
  /** The least of the four section sums. */
  score: z.number(),
  meaning: z.string(),
  sections: z.array(z.object({ section: z.string(), points: z.number() })),
  tests: z.array(MlTest),
});
export type MlTestScore = z.infer<typeof MlTestScore>;

export const LevelChange = z.object({
  level: z.number(),
  axes: z.record(Axis, z.number()),
  since: z.number(),
});
export type LevelChange = z.infer<typeof LevelChange>;

export const Maturity = z.object({
  project: z.string(),
  /** The least of the machine-checked axes. */
  level: z.number(),
  name: z.string(),
  target: z.number().nullable(),
  axes: z.record(Axis, AxisLevel),
  criteria: z.array(Finding),
  /** Shown beside the computed axes, never counted. */
  people: z.object({ level: z.number().nullable(), criteria: z.array(PeopleCriterion) }),
  google: z.object({ level: z.number(), name: z.string() }),
  ladder: z.enum(['initial', 'repeatable', 'reliable', 'scalable']),
  ml_test_score: MlTestScore,
  lead: Lead,
  /** Newest first. */
  history: z.array(LevelChange),
  computed_at: z.number(),
});
export type Maturity = z.infer<typeof Maturity>;

export const PortfolioRow = z.object({
  project: Name,
  title: z.string(),
  /** Null until it was computed once. */
  level: z.number().nullable(),
  name: z.string().nullable(),
  target: z.number().nullable(),
  since: z.number().nullable(),
});
export type PortfolioRow = z.infer<typeof PortfolioRow>;
