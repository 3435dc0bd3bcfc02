import { type Urn, urn } from '../../lib/urn.ts';
import { type Answers, type CommitUse, type Tally, WINDOW_DAYS } from './evidence.ts';
import type { Axis, CiKind, Finding, Needed, NextAction } from './schema.ts';

interface Found {
  /** Null when nothing was measured. */
  found: number | null;
  total: number | null;
  proofs: readonly Urn[];
}

interface Criterion {
  id: string;
  level: 1 | 2 | 3 | 4;
  axis: Axis;
  title: string;
  query: string;
  needed: Needed;
  look(answers: Answers): Found & { needed?: Needed };
  next: NextAction;
}

const share = (at_least: number): Needed => ({ kind: 'share', at_least });
const count = (at_least: number): Needed => ({ kind: 'count', at_least });
/** How many of the newest trainings must have been started by a rule. */
export const TRAININGS_LOOKED_AT = 2;

const tally = ({ found, total, proofs }: Tally): Found => ({ found, total, proofs });
const counted = ({ found, proofs }: Tally): Found => ({ found, total: null, proofs });

/**
 * The criteria of levels 1 to 4 that records can prove, on the axes of Microsoft's maturity model (text of October 2025).
 * An axis without a criterion at a level asks there what it asked one level below.
 */
export const CRITERIA: readonly Criterion[] = [
  {
    id: 'runs-carry-commit',
    level: 1,
    axis: 'model_creation',
    title: 'Runs carry the commit they ran from',
    query: 'tracked runs; those with a git commit',
    needed: share(0.9),
    look: ({ runs }) => ({ found: runs.withCommit, total: runs.total, proofs: runs.proofs }),
    next: { text: 'Run training from a git checkout, so that each run records its commit', section: 'runs' },
  },
  {
    id: 'deployed-by-token',
    level: 1,
    axis: 'model_release',
    title: 'What is served is deployed through the API',
    query: 'changes of what endpoints serve; those made with a token or by Rondo itself',
    needed: share(0.9),
    look: ({ deployments }) => tally(deployments),
    next: { text: 'Deploy a model version to an endpoint with a token', section: 'endpoints' },
  },
  {
    id: 'ci-on-commit',
    level: 1,
    axis: 'application_integration',
    title: 'A CI result is attached to a commit that ran',
    query: 'commits of runs and releases; those with a CI result',
    needed: count(1),
    look: ciOnCommit,
    next: { text: 'Report the builds: rondo ci report, in the CI job', section: 'ci' },
  },
  {
    id: 'unit-tests',
    level: 1,
    axis: 'application_integration',
    title: 'Unit tests pass',
    query: 'commits with a unit suite in which tests passed and none failed',
    needed: count(1),
    look: (answers) => commitsPassing(answers, 'unit'),
    next: { text: 'Report the unit tests: rondo ci report --suite unit', section: 'ci' },
  },
  {
    id: 'versions-complete',
    level: 2,
    axis: 'model_creation',
    title: 'Registered versions can be traced and made again',
    query: 'registered versions; those with run, params, metrics, dataset digest and environment lock',
    needed: share(0.9),
    look: ({ versions }) => tally(versions),
    next: {
      text: 'Register versions from a pipeline, which records data and environment',
      section: 'models',
    },
  },
  {
    id: 'trainings-by-rule',
    level: 2,
    axis: 'model_creation',
    title: 'Training starts by itself',
    query: `the newest ${TRAININGS_LOOKED_AT} trainings; those started by a rule or a schedule`,
    needed: count(TRAININGS_LOOKED_AT),
    look: trainingsByRule,
    next: {
      text: 'Make a rule that trains when data arrive, on a schedule, or on an alert',
      section: 'rules',
    },
  },
  {
    id: 'feature-view-used',
    level: 2,
    axis: 'model_creation',
    title: 'Features come from a feature view',
    query: 'feature views that a training or a deployment reads',
    needed: count(1),
    look: ({ featureViewsUsed }) => counted(featureViewsUsed),
    next: { text: 'Define a feature view and train on it', section: 'features' },
  },
  {
    id: 'run-reproduced',
    level: 2,
    axis: 'model_creation',
    title: 'A run was repeated with the same result',
    query: 'runs that were run again and met their metric within tolerance',
    needed: count(1),
    look: ({ reproductions }) => counted(reproductions),
    next: { text: 'Reproduce a run of the live version', section: 'runs' },
  },
  {
    id: 'promoted-through-gates',
    level: 3,
    axis: 'model_release',
    title: 'Releases pass gates',
    query: 'changes in protected environments; those by a promotion whose gates passed',
    needed: share(0.9),
    look: ({ deploymentsToProtected }) => tally(deploymentsToProtected),
    next: { text: 'Protect the production environment and promote a version into it', section: 'releases' },
  },
  {
    id: 'lineage-complete',
    level: 3,
    axis: 'model_release',
    title: 'What is live can be traced to its source data',
    query: 'walks from live deployments; those that reach a source digest without a gap',
    needed: share(1),
    look: ({ lineageComplete }) => tally(lineageComplete),
    next: { text: 'Close the gaps that the lineage of the live version shows', section: 'models' },
  },
  {
    id: 'environment-order',
    level: 3,
    axis: 'model_release',
    title: 'Versions go through the environments in order',
    query: 'promotions into an environment behind another; those whose version had been there first',
    needed: share(1),
    look: ({ environmentOrderKept }) => tally(environmentOrderKept),
    next: {
      text: 'Put the environments in order in rondo.yaml and promote through them',
      section: 'releases',
    },
  },
  {
    id: 'rollout-decided',
    level: 3,
    axis: 'model_release',
    title: 'A canary or A/B test came to a verdict',
    query: 'rollouts that were decided',
    needed: count(1),
    look: ({ rolloutsDecided }) => counted(rolloutsDecided),
    next: { text: 'Start a rollout of a candidate beside the live version', section: 'rollouts' },
  },
  {
    id: 'rollback-exercised',
    level: 3,
    axis: 'model_release',
    title: 'A roll-back was exercised',
    query: 'roll-backs of an endpoint, drills included',
    needed: count(1),
    look: ({ rollbacksExercised }) => counted(rollbacksExercised),
    next: { text: 'Roll an endpoint back and forth once as a drill', section: 'endpoints' },
  },
  {
    id: 'integration-tests',
    level: 3,
    axis: 'application_integration',
    title: 'Each release has an integration test',
    query: 'releases; those whose commit has an integration suite in which tests passed and none failed',
    needed: share(1),
    look: integrationTests,
    next: { text: 'Report the integration tests: rondo ci report --suite integration', section: 'ci' },
  },
  {
    id: 'drift-monitor-live',
    level: 4,
    axis: 'model_creation',
    title: 'Drift is watched on fresh data',
    query: 'drift monitors whose newest window is judged and no older than two windows',
    needed: count(1),
    look: ({ monitorsLive }) => counted(monitorsLive.drift),
    next: { text: 'Add a drift monitor to the live endpoint', section: 'monitors' },
  },
  {
    id: 'freshness-objective',
    level: 4,
    axis: 'model_creation',
    title: 'Features meet their freshness objective',
    query: 'feature views with a freshness objective; those that meet it',
    needed: share(1),
    look: ({ freshnessObjective }) => tally(freshnessObjective),
    next: {
      text: 'State how fresh a feature view must be and schedule its materialisation',
      section: 'features',
    },
  },
  {
    id: 'retrain-promoted',
    level: 4,
    axis: 'model_release',
    title: 'A retraining after an alert was promoted by policy',
    query: 'trainings that a rule started on an alert, and whose version was then promoted',
    needed: count(1),
    look: ({ retrainsByAlertPromotedByPolicy }) => counted(retrainsByAlertPromotedByPolicy),
    next: {
      text: 'Make the rule that retrains when the quality alert opens and asks for promotion',
      section: 'rules',
    },
  },
  {
    id: 'recovery-shown',
    level: 4,
    axis: 'model_release',
    title: 'Time to recovery and false-alarm rate are known',
    query: 'of the two measures, those with a value',
    needed: count(2),
    look: ({ meanTimeToRecovery, falseAlarmRate }) => ({
      found: [meanTimeToRecovery, falseAlarmRate].filter((measure) => measure.value !== null).length,
      total: null,
      proofs: [...meanTimeToRecovery.proofs, ...falseAlarmRate.proofs],
    }),
    next: { text: 'Let monitors judge windows and close the alerts they open', section: 'monitors' },
  },
  {
    id: 'availability',
    level: 4,
    axis: 'application_integration',
    title: 'The endpoints meet their availability target',
    query: 'requests answered, over all requests',
    needed: { kind: 'value', at_least: 0.999 },
    look: ({ availability: { value, target, proofs } }) => ({
      found: value,
      total: null,
      proofs,
      ...(target === null ? {} : { needed: { kind: 'value', at_least: target } as const }),
    }),
    next: { text: 'Serve requests, and find out why some were not answered', section: 'endpoints' },
  },
];

/** What the answers say about each criterion. */
export function judge(answers: Answers): Finding[] {
  return CRITERIA.map(({ look, needed: usual, ...criterion }) => {
    const { needed = usual, found, total, proofs } = look(answers);
    return {
      ...criterion,
      window_days: WINDOW_DAYS,
      state: stateOf(found, total, needed),
      found,
      total,
      needed,
      proofs: proofs.slice(0, 5),
    };
  });
}

/** Nothing to count proves nothing: a share of none fails. */
function stateOf(found: number | null, total: number | null, needed: Needed): Finding['state'] {
  if (found === null || found <= 0 || total === 0) return 'fail';
  const reached = needed.kind === 'share' ? found / (total ?? found) : found;
  return reached >= needed.at_least ? 'pass' : 'partial';
}

function trainingsByRule({ trainings }: Answers): Found {
  const newest = trainings.slice(0, TRAININGS_LOOKED_AT);
  const automatic = newest.filter((training) => training.by !== 'person');
  return { found: automatic.length, total: null, proofs: automatic.map((training) => training.of) };
}

/** A short commit stands for the whole one that begins with it. */
const same = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);

function ciOnCommit({ runCommits, releases, ci }: Answers): Found {
  const used = [...runCommits, ...releases].filter((use) =>
    ci.some((result) => same(result.commit, use.commit)),
  );
  const commits = [...new Set(used.map((use) => use.commit))];
  return { found: commits.length, total: null, proofs: commits.map((commit) => urn('commit', commit)) };
}

/** The newest result of each suite of a kind per commit decides. */
export function passes({ ci }: Pick<Answers, 'ci'>, kind: CiKind, commit?: string): string[] {
  const newest = new Map<string, { commit: string; good: boolean }>();
  for (const result of ci.toSorted((a, b) => a.reported_at - b.reported_at || a.id - b.id)) {
    if (result.kind !== kind || (commit !== undefined && !same(result.commit, commit))) continue;
    const good = result.passed > 0 && result.failed === 0;
    newest.set(`${result.commit} ${result.suite}`, { commit: result.commit, good });
  }
  const all = [...newest.values()];
  const commits = [...new Set(all.map((each) => each.commit))];
  return commits.filter((each) => all.every((suite) => suite.commit !== each || suite.good));
}

function commitsPassing(answers: Answers, kind: CiKind): Found {
  const commits = passes(answers, kind);
  return { found: commits.length, total: null, proofs: commits.map((commit) => urn('commit', commit)) };
}

function integrationTests(answers: Answers): Found {
  const tested = answers.releases.filter(
    (use: CommitUse) => passes(answers, 'integration', use.commit).length > 0,
  );
  return { found: tested.length, total: answers.releases.length, proofs: tested.map((use) => use.of) };
}
