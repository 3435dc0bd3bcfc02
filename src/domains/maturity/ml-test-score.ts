import type { Urn } from '../../lib/urn.ts';
import { passes } from './criteria.ts';
import type { Answers, Practice, Practised, Tally } from './evidence.ts';
import type { MlTest, MlTestScore } from './schema.ts';

type Test = Pick<MlTest, 'id' | 'section' | 'text' | 'proof'> & {
  look(answers: Answers): { points: MlTest['points']; proofs: readonly Urn[] };
};

const NONE = { points: 0, proofs: [] } as const;

/** A test that no record proves. */
const unproved = (id: string, section: MlTest['section'], text: string): Test => ({
  id,
  section,
  text,
  proof: null,
  look: () => NONE,
});

/** 1 point when it was done by machine, 0.5 by hand. */
const practised = (id: Practice, section: MlTest['section'], text: string, proof: string): Test => ({
  id,
  section,
  text,
  proof,
  look: ({ practices }) => pointsOf(practices[id]),
});

function pointsOf(practice: Practised | undefined) {
  if (!practice) return NONE;
  const { manual, automated, proofs } = practice;
  return { points: automated > 0 ? 1 : manual > 0 ? 0.5 : 0, proofs } as const;
}

const full = (good: boolean, proofs: readonly Urn[] = []) => ({ points: good ? 1 : 0, proofs }) as const;
const some = ({ found, proofs }: Tally) => full(found > 0, proofs);

/**
 * The 28 tests of Breck, Cai, Nielsen, Salib and Sculley, "The ML Test Score" (2017), with the records that prove each.
 * Points: 0 nothing, 0.5 done by hand, 1 done by machine.
 */
const TESTS: readonly Test[] = [
  practised(
    'data-1',
    'data',
    'Feature expectations are captured in a schema',
    'dataset schemas and check suites, by hand or on every version',
  ),
  practised(
    'data-2',
    'data',
    'All features are beneficial',
    'ablation runs, single or as steps of a pipeline',
  ),
  practised(
    'data-3',
    'data',
    "No feature's cost is too much",
    'latency of online reads, looked at or in a gate',
  ),
  practised(
    'data-4',
    'data',
    'Features meet meta-level requirements',
    'feature views with owner and description, or checked by a gate',
  ),
  practised(
    'data-5',
    'data',
    'The data pipeline has privacy controls',
    'PII tags on columns, or checks that read them',
  ),
  unproved('data-6', 'data', 'New features can be added quickly'),
  {
    id: 'data-7',
    section: 'data',
    text: 'All input feature code is tested',
    proof: 'CI suites whose name says feature',
    look: ({ ci }) =>
      full(passes({ ci: ci.filter(({ suite }) => /feature/i.test(suite)) }, 'unit').length > 0),
  },
  {
    id: 'model-1',
    section: 'model',
    text: 'Model specs are reviewed and checked in',
    proof: 'runs that carry a commit (0.5), whose commit was built and tested (1)',
    look: ({ runs, runCommits, ci }) => {
      if (runs.total === 0 || runs.withCommit / runs.total < 0.9) return NONE;
      const tested = runCommits.some((use) => passes({ ci }, 'unit', use.commit).length > 0);
      return { points: tested ? 1 : 0.5, proofs: runs.proofs };
    },
  },
  practised(
    'model-2',
    'model',
    'Offline and online metrics correlate',
    'evaluations compared with quality windows of the same version',
  ),
  practised(
    'model-3',
    'model',
    'All hyper-parameters have been tuned',
    'runs of one experiment that differ in params, by hand or mapped by a pipeline',
  ),
  practised(
    'model-4',
    'model',
    'The impact of model staleness is known',
    'quality windows by age of the version, or a rule on them',
  ),
  practised(
    'model-5',
    'model',
    'A simpler model is not better',
    'evaluations beside the baseline, or a gate on the margin',
  ),
  practised(
    'model-6',
    'model',
    'Quality is sufficient on important data slices',
    'evaluations by slice, or a gate on slices',
  ),
  unproved('model-7', 'model', 'The model is tested for considerations of inclusion'),
  {
    id: 'infrastructure-1',
    section: 'infrastructure',
    text: 'Training is reproducible',
    proof: 'runs repeated with the same result',
    look: ({ reproductions }) => some(reproductions),
  },
  {
    id: 'infrastructure-2',
    section: 'infrastructure',
    text: 'Model specs are unit-tested',
    proof: 'CI results of kind unit on a commit that ran',
    look: (answers) => full(answers.runCommits.some((use) => passes(answers, 'unit', use.commit).length > 0)),
  },
  {
    id: 'infrastructure-3',
    section: 'infrastructure',
    text: 'The ML pipeline is integration-tested',
    proof: 'CI results of kind integration',
    look: (answers) => full(passes(answers, 'integration').length > 0),
  },
  {
    id: 'infrastructure-4',
    section: 'infrastructure',
    text: 'Model quality is validated before serving',
    proof: 'changes in protected environments through gates: some (0.5), all (1)',
    look: ({ deploymentsToProtected: { found, total, proofs } }) => ({
      points: found === 0 ? 0 : found === total ? 1 : 0.5,
      proofs,
    }),
  },
  unproved(
    'infrastructure-5',
    'infrastructure',
    'The model allows debugging by observing one example step by step',
  ),
  {
    id: 'infrastructure-6',
    section: 'infrastructure',
    text: 'Models are tested via a canary process before they serve',
    proof: 'rollouts that were decided',
    look: ({ rolloutsDecided }) => some(rolloutsDecided),
  },
  {
    id: 'infrastructure-7',
    section: 'infrastructure',
    text: 'Models can be quickly and safely rolled back',
    proof: 'roll-backs exercised',
    look: ({ rollbacksExercised }) => some(rollbacksExercised),
  },
  practised(
    'monitoring-1',
    'monitoring',
    'Dependency changes result in notification',
    'changes of source schemas noticed, or a rule on them',
  ),
  practised(
    'monitoring-2',
    'monitoring',
    'Data invariants hold in training and serving inputs',
    'checks on datasets, and the same in monitors',
  ),
  practised(
    'monitoring-3',
    'monitoring',
    'Training and serving features compute the same values',
    'skew measured once, or by a monitor',
  ),
  practised(
    'monitoring-4',
    'monitoring',
    'Models are not too stale',
    'age of the live version looked at, or a rule that retrains',
  ),
  practised(
    'monitoring-5',
    'monitoring',
    'The model is numerically stable',
    'rate of NaN and infinite answers in windows, or an alert on it',
  ),
  {
    id: 'monitoring-6',
    section: 'monitoring',
    text: 'Computing performance has not regressed',
    proof: 'service monitors with fresh windows',
    look: ({ monitorsLive }) => some(monitorsLive.service),
  },
  {
    id: 'monitoring-7',
    section: 'monitoring',
    text: 'Prediction quality has not regressed',
    proof: 'quality monitors with fresh windows',
    look: ({ monitorsLive }) => some(monitorsLive.quality),
  },
];

/** The score: the least of the four section sums. */
export function mlTestScore(answers: Answers): MlTestScore {
  const tests = TESTS.map(({ look, ...test }): MlTest => {
    const { points, proofs } = look(answers);
    return { ...test, points, proofs: proofs.slice(0, 5) };
  });
  const sections = (['data', 'model', 'infrastructure', 'monitoring'] as const).map((section) => ({
    section,
    points: tests.filter((test) => test.section === section).reduce((sum, test) => sum + test.points, 0),
  }));
  const score = Math.min(...sections.map(({ points }) => points));
  return { score, meaning: meaningOf(score), sections, tests };
}

function meaningOf(score: number): string {
  if (score === 0) return 'a research project';
  if (score <= 1) return 'serious holes are possible';
  if (score <= 2) return 'a first pass at productionising';
  if (score <= 3) return 'reasonably tested';
  return score <= 5 ? 'strong' : 'exceptional';
}
