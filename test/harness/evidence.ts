import { urn } from '../../src/lib/urn.ts';
import {
  type Answers,
  type Evidence,
  type Measure,
  PRACTICES,
  type Tally,
} from '../../src/domains/maturity/evidence.ts';
import type { CiResult } from '../../src/domains/maturity/schema.ts';

export const COMMIT = 'a'.repeat(40);

const tally = (found: number, total = found): Tally => ({ found, total, proofs: [urn('run', 'r1')] });
const measure = (value: number | null, target: number | null): Measure => ({
  value,
  target,
  n: 100,
  proofs: [],
});

export const ciResult = (over: Partial<CiResult> = {}): CiResult => ({
  id: 1,
  project: 'default',
  commit: COMMIT,
  suite: 'unit',
  kind: 'unit',
  passed: 12,
  failed: 0,
  skipped: 0,
  url: null,
  reported_by: 'ci',
  reported_at: 1,
  ...over,
});

/** Records of a project in which nothing is missing. */
export function everything(): Answers {
  const commit = { commit: COMMIT, of: urn('run', 'r1') };
  return {
    runs: {
      total: 10,
      withCommit: 9,
      withDataDigest: 10,
      withEnvironmentLock: 10,
      proofs: [urn('run', 'r1')],
    },
    runCommits: [commit],
    versions: tally(9, 10),
    trainings: [
      { of: urn('pipeline-run', 2), by: 'rule' },
      { of: urn('pipeline-run', 1), by: 'schedule' },
      { of: urn('pipeline-run', 0), by: 'person' },
    ],
    featureViewsUsed: tally(1),
    reproductions: tally(1, 2),
    deployments: tally(9, 10),
    deploymentsToProtected: tally(9, 10),
    lineageComplete: tally(2),
    environmentOrderKept: tally(3),
    releases: [{ commit: COMMIT, of: urn('release', 'd1') }],
    rolloutsDecided: tally(1),
    rollbacksExercised: tally(1),
    monitorsLive: { drift: tally(1), quality: tally(1), service: tally(1) },
    retrainsByAlertPromotedByPolicy: tally(1, 3),
    freshnessObjective: tally(2),
    availability: measure(0.9995, 0.999),
    meanTimeToRecovery: measure(60_000, null),
    falseAlarmRate: measure(0.01, null),
    templatesUsed: tally(1),
    practices: Object.fromEntries(PRACTICES.map((id) => [id, { manual: 0, automated: 1, proofs: [] }])),
    ci: [
      ciResult(),
      ciResult({ id: 2, suite: 'integration', kind: 'integration' }),
      ciResult({ id: 3, suite: 'features' }),
    ],
  };
}

/** Records of a project in which nothing happened yet. */
export function nothing(): Answers {
  const none = { ...tally(0), proofs: [] };
  return {
    runs: { total: 0, withCommit: 0, withDataDigest: 0, withEnvironmentLock: 0, proofs: [] },
    runCommits: [],
    versions: none,
    trainings: [],
    featureViewsUsed: none,
    reproductions: none,
    deployments: none,
    deploymentsToProtected: none,
    lineageComplete: none,
    environmentOrderKept: none,
    releases: [],
    rolloutsDecided: none,
    rollbacksExercised: none,
    monitorsLive: { drift: none, quality: none, service: none },
    retrainsByAlertPromotedByPolicy: none,
    freshnessObjective: none,
    availability: measure(null, null),
    meanTimeToRecovery: measure(null, null),
    falseAlarmRate: measure(null, null),
    templatesUsed: none,
    practices: {},
    ci: [],
  };
}

/** Records held in memory: `records.now` is what every question is answered from. */
export function recordsInMemory(now: Answers): { now: Answers; evidence: Evidence } {
  const records = { now };
  const names = Object.keys(now).filter((name) => name !== 'ci') as (keyof Evidence)[];
  const questions = names.map((name) => [name, () => Promise.resolve(records.now[name])]);
  return Object.assign(records, { evidence: Object.fromEntries(questions) as Evidence });
}
