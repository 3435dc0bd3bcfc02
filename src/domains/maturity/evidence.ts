import type { Urn } from '../../lib/urn.ts';
import type { CiResult } from './schema.ts';

/** Wall clock, epoch ms; both ends included. */
export interface Window {
  from: number;
  to: number;
}

/** So many records count, of so many there are, and up to five of those that count. */
export interface Tally {
  found: number;
  total: number;
  proofs: Urn[];
}

/** A measured value and the target it has; null where nothing was measured. `n` is how much it was measured on. */
export interface Measure {
  value: number | null;
  target: number | null;
  n: number;
  proofs: Urn[];
}

export interface CommitUse {
  commit: string;
  /** The run or release made from it. */
  of: Urn;
}

/** Practices of the ML Test Score that have no criterion of their own: how often they were done by hand and by machine. */
export const PRACTICES = [
  'data-1',
  'data-2',
  'data-3',
  'data-4',
  'data-5',
  'model-2',
  'model-3',
  'model-4',
  'model-5',
  'model-6',
  'monitoring-1',
  'monitoring-2',
  'monitoring-3',
  'monitoring-4',
  'monitoring-5',
] as const;
export type Practice = (typeof PRACTICES)[number];
export interface Practised {
  manual: number;
  automated: number;
  proofs: Urn[];
}

/** What the records of a project prove, as counts. The composition root answers from the rooms to the left. */
export interface Evidence {
  runs(
    project: string,
    window: Window,
  ): Promise<{
    total: number;
    withCommit: number;
    withDataDigest: number;
    withEnvironmentLock: number;
    proofs: Urn[];
  }>;
  /** The commits of runs, each once, newest first. */
  runCommits(project: string, window: Window): Promise<CommitUse[]>;
  /** Registered versions; found: those with run, params, metrics, dataset digest and environment lock. */
  versions(project: string, window: Window): Promise<Tally>;
  /** The newest trainings, newest first, at most 10: pipeline runs that made a model version, and what started each. */
  trainings(project: string, window: Window): Promise<{ of: Urn; by: 'rule' | 'schedule' | 'person' }[]>;
  /** Feature views read by trainings or deployments. */
  featureViewsUsed(project: string, window: Window): Promise<Tally>;
  /** Runs that were run again; found: those whose metric came out the same within tolerance. */
  reproductions(project: string, window: Window): Promise<Tally>;
  /** Changes of what an endpoint serves; found: those made through the API with a token or by Rondo itself. */
  deployments(project: string, window: Window): Promise<Tally>;
  /** Changes in protected environments; found: those by a promotion whose gates passed. */
  deploymentsToProtected(project: string, window: Window): Promise<Tally>;
  /** Lineage walks from what is live in protected environments; found: those that reach a source digest without a gap. */
  lineageComplete(project: string, window: Window): Promise<Tally>;
  /** Promotions into an environment that has one before it; found: those whose version had been there first. */
  environmentOrderKept(project: string, window: Window): Promise<Tally>;
  /** Releases that went into a protected environment, with the commit they were made from. */
  releases(project: string, window: Window): Promise<CommitUse[]>;
  /** Rollouts (canary, A/B) that came to a verdict. */
  rolloutsDecided(project: string, window: Window): Promise<Tally>;
  rollbacksExercised(project: string, window: Window): Promise<Tally>;
  /** Monitors by kind; found: those whose newest window is judged and not older than two windows. */
  monitorsLive(project: string, window: Window): Promise<{ drift: Tally; quality: Tally; service: Tally }>;
  /** Trainings that a rule started on an alert; found: those whose version a promotion then brought into a protected environment. */
  retrainsByAlertPromotedByPolicy(project: string, window: Window): Promise<Tally>;
  /** Feature views and monitored data with a freshness objective; found: those that meet it. */
  freshnessObjective(project: string, window: Window): Promise<Tally>;
  /** Answered requests over all, 0 to 1, with its target. */
  availability(project: string, window: Window): Promise<Measure>;
  /** Mean time from an alert to its end, ms. */
  meanTimeToRecovery(project: string, window: Window): Promise<Measure>;
  /** Alerts that turned out to be none, over all windows judged. */
  falseAlarmRate(project: string, window: Window): Promise<Measure>;
  /** Other projects made with this one as template. */
  templatesUsed(project: string): Promise<Tally>;
  practices(project: string, window: Window): Promise<Partial<Record<Practice, Practised>>>;
}

type Answer<K extends keyof Evidence> = Awaited<ReturnType<Evidence[K]>>;
/** All answers about one project in one window, and its CI results. */
export type Answers = { [K in keyof Evidence]: Answer<K> } & { ci: CiResult[] };

export const WINDOW_DAYS = 90;

export async function gather(
  evidence: Evidence,
  ci: CiResult[],
  project: string,
  window: Window,
): Promise<Answers> {
  const questions: (keyof Evidence)[] = [
    'runs',
    'runCommits',
    'versions',
    'trainings',
    'featureViewsUsed',
    'reproductions',
    'deployments',
    'deploymentsToProtected',
    'lineageComplete',
    'environmentOrderKept',
    'releases',
    'rolloutsDecided',
    'rollbacksExercised',
    'monitorsLive',
    'retrainsByAlertPromotedByPolicy',
    'freshnessObjective',
    'availability',
    'meanTimeToRecovery',
    'falseAlarmRate',
    'templatesUsed',
    'practices',
  ];
  const answers = await Promise.all(
    questions.map(async (question) => [question, await evidence[question](project, window)] as const),
  );
  return { ...(Object.fromEntries(answers) as unknown as Omit<Answers, 'ci'>), ci };
}
