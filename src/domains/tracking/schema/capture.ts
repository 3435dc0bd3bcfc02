import { z } from 'zod';

/** Where a run keeps what was recorded of its code and surroundings, below its artifacts. */
export const CAPTURE_PATHS = {
  record: 'rondo/capture.json',
  changes: 'rondo/changes.diff',
  output: 'rondo/output.log',
  environment: 'rondo/environment',
} as const;

/** Tags of captured runs and of their reproductions, besides MLflow's own. */
export const CAPTURE_TAGS = {
  /** Which machine it was, without its name. */
  machine: 'rondo.machine',
  /** Added and removed lines that are not in the commit. */
  changedLines: 'rondo.git.changed_lines',
  /** The run that this one repeats. */
  reproduces: 'rondo.reproduces',
  /** How it was compared: JSON of `ReproductionTerms`. */
  terms: 'rondo.reproduction',
} as const;

/** What stands in place of a value that looked like a secret. */
export const MASK = '***';

/** A recorded value is data from elsewhere: what is run or opened again is checked here. */
const commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
/** Below the repository, with `/`; empty: its root. */
const inside = z
  .string()
  .max(4096)
  .refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..'), 'leaves the repository');
const text = z.string().max(100_000);

const Code = z.object({
  /** Top of the repository on the machine that ran it. */
  root: text,
  commit,
  branch: text.nullable(),
  /** Without credentials. */
  remote: text.nullable(),
  /** `partial`: something that may matter is in `left_out`. */
  changes: z.enum(['none', 'whole', 'partial']),
  changed_lines: z.number(),
  left_out: z.array(z.object({ path: text, why: z.enum(['secret', 'large', 'binary', 'many']) })),
});

const Lock = z.object({
  /** `package-lock.json`, `uv.lock` …; `packages`: the list of what the interpreter had. */
  kind: z.string().max(100),
  /** Below the repository; null for a list that no file held. */
  path: inside.nullable(),
  /** Of the run; null when the file was too large to keep. */
  artifact: inside.nullable(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What it takes to run the same again: `rondo/capture.json` of a run. */
export const Capture = z.object({
  version: z.literal(1),
  by: z.enum(['exec', 'sdk']),
  /** Epoch ms. */
  at: z.number(),
  /** Which of the runs that its process started: 0 for the first. */
  nth: z.number().int().min(0),
  command: z.object({
    /** Program and arguments; one that looked like a secret is masked. */
    argv: z.array(text).min(1).max(10_000),
    masked: z.array(z.number().int()),
    /** Working folder below the repository; null when there was none, or it lay elsewhere. */
    folder: inside.nullable(),
  }),
  code: Code.nullable(),
  environment: z.object({
    language: z.enum(['node', 'python']).nullable(),
    version: text.nullable(),
    executable: text.nullable(),
    locks: z.array(Lock),
  }),
  machine: z.object({
    id: z.string().max(64),
    os: text,
    arch: text,
    cpu: text,
    cpus: z.number(),
    memory_bytes: z.number(),
    gpus: z.array(text),
  }),
  /** Those that `rondo runs exec` was given. */
  params: z.record(z.string(), text),
  seeds: z.record(z.string(), text),
  /** Of an allow-list. */
  variables: z.record(z.string(), text),
});
export type Capture = z.infer<typeof Capture>;
export type CapturedCode = z.infer<typeof Code>;
export type CapturedLock = z.infer<typeof Lock>;

/** How a reproduction was compared with the run that it repeats. */
export const ReproductionTerms = z.object({
  tolerance: z.number().min(0),
  /** These metrics only; all but those of the system when left out. */
  metrics: z.array(z.string()).max(100).optional(),
  environment: z.enum(['current', 'locked']).optional(),
});
export type ReproductionTerms = z.infer<typeof ReproductionTerms>;
