import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ciResult, COMMIT, everything, nothing } from '../../../test/harness/evidence.ts';
import { CRITERIA, judge, passes } from './criteria.ts';
import type { Answers } from './evidence.ts';
import { googleLevel, ladderStep, levelOf } from './level.ts';
import { maturityLead } from './lead.ts';
import { mlTestScore } from './ml-test-score.ts';
import { peopleAxis } from './people.ts';
import { AXES, type Attestation, type Axis, type Finding } from './schema.ts';

const none = { found: 0, total: 0, proofs: [] };
const spoil: Record<string, (all: Answers) => Partial<Answers>> = {
  'runs-carry-commit': ({ runs }) => ({ runs: { ...runs, withCommit: 8 } }),
  'deployed-by-token': () => ({ deployments: { found: 8, total: 10, proofs: [] } }),
  'ci-on-commit': ({ ci }) => ({ ci: ci.map((result) => ({ ...result, commit: 'b'.repeat(40) })) }),
  'unit-tests': ({ ci }) => ({
    ci: ci.map((result) => (result.kind === 'unit' ? { ...result, failed: 1 } : result)),
  }),
  'versions-complete': () => ({ versions: { found: 8, total: 10, proofs: [] } }),
  'trainings-by-rule': ({ trainings }) => ({ trainings: trainings.slice(1) }),
  'feature-view-used': () => ({ featureViewsUsed: none }),
  'run-reproduced': () => ({ reproductions: { found: 0, total: 5, proofs: [] } }),
  'promoted-through-gates': () => ({ deploymentsToProtected: { found: 8, total: 10, proofs: [] } }),
  'lineage-complete': () => ({ lineageComplete: { found: 9, total: 10, proofs: [] } }),
  'environment-order': () => ({ environmentOrderKept: { found: 2, total: 3, proofs: [] } }),
  'rollout-decided': () => ({ rolloutsDecided: none }),
  'rollback-exercised': () => ({ rollbacksExercised: none }),
  'integration-tests': ({ ci }) => ({ ci: ci.filter((result) => result.kind !== 'integration') }),
  'drift-monitor-live': ({ monitorsLive }) => ({ monitorsLive: { ...monitorsLive, drift: none } }),
  'freshness-objective': () => ({ freshnessObjective: { found: 1, total: 2, proofs: [] } }),
  'retrain-promoted': () => ({ retrainsByAlertPromotedByPolicy: { found: 0, total: 3, proofs: [] } }),
  'recovery-shown': ({ meanTimeToRecovery }) => ({
    meanTimeToRecovery: { ...meanTimeToRecovery, value: null },
  }),
  availability: ({ availability }) => ({ availability: { ...availability, value: 0.998 } }),
};

/** What cannot hold either when a criterion does not: a tested release has a CI result. */
const IMPLIED: Record<string, string[]> = { 'ci-on-commit': ['integration-tests'] };

describe('the level', () => {
  it('is 4 when nothing is missing and 0 when there is nothing', () => {
    expect(levelOf(judge(everything())).level).toBe(4);
    expect(levelOf(judge(nothing()))).toMatchObject({ level: 0, axes: { model_creation: { level: 0 } } });
    expect(judge(nothing()).map((finding) => finding.state)).not.toContain('pass');
  });

  it.each(CRITERIA)('falls to just below level $level without "$title"', ({ id, level, axis }) => {
    const all = everything();
    const change = spoil[id];
    if (!change) throw new Error(`no way to spoil ${id}`);
    const findings = judge({ ...all, ...change(all) });
    const fallen = findings.filter((finding) => finding.state !== 'pass').map((finding) => finding.id);
    expect(fallen).toEqual([id, ...(IMPLIED[id] ?? [])]);
    const { level: reached, axes } = levelOf(findings);
    expect(reached).toBe(level - 1);
    expect(axes[axis].level).toBe(level - 1);
    for (const other of AXES) if (other !== axis) expect(axes[other].level).toBe(4);
  });

  it('falls to level 3 without a known share of false alarms too', () => {
    const all = everything();
    const findings = judge({ ...all, falseAlarmRate: { ...all.falseAlarmRate, value: null } });
    expect(findings.find((finding) => finding.id === 'recovery-shown')).toMatchObject({
      found: 1,
      state: 'partial',
    });
    expect(levelOf(findings).level).toBe(3);
  });

  it('has a way to remove the evidence of each of the 19 criteria', () => {
    expect(CRITERIA).toHaveLength(19);
    expect(Object.keys(spoil).toSorted()).toEqual(CRITERIA.map(({ id }) => id).toSorted());
  });

  it('never rises when a criterion fails, and is the least of its axes', () => {
    const states = fc.array(fc.constantFrom('pass' as const, 'partial' as const, 'fail' as const), {
      minLength: CRITERIA.length,
      maxLength: CRITERIA.length,
    });
    fc.assert(
      fc.property(states, fc.nat(CRITERIA.length - 1), (given, index) => {
        const findings = judge(everything()).map((finding, at) => ({
          ...finding,
          state: given[at] as Finding['state'],
        }));
        const before = levelOf(findings);
        expect(before.level).toBe(Math.min(...AXES.map((axis: Axis) => before.axes[axis].level)));
        for (const finding of findings) {
          if (finding.level <= before.axes[finding.axis].level) expect(finding.state).toBe('pass');
        }
        const worse = findings.map((finding, at) =>
          at === index ? { ...finding, state: 'fail' as const } : finding,
        );
        expect(levelOf(worse).level).toBeLessThanOrEqual(before.level);
      }),
    );
  });

  it('is also told on the other scales', () => {
    expect([0, 1, 2, 3, 4].map((level) => googleLevel(level).level)).toEqual([0, 0, 1, 2, 2]);
    const watched = judge(everything());
    const unwatched = judge(nothing());
    expect([0, 1, 2, 3].map((level) => ladderStep(level, watched, 0))).toEqual([
      'initial',
      'repeatable',
      'reliable',
      'reliable',
    ]);
    expect(ladderStep(3, watched, 1)).toBe('scalable');
    expect(ladderStep(4, unwatched, 1)).toBe('repeatable');
  });

  it.each([
    [{}, 'Level 4, full automation. Every criterion of every level holds.'],
    [
      { retrainsByAlertPromotedByPolicy: none },
      'Level 3, automated deployment. 4 of 5 criteria of level 4 hold; missing: a retraining after an alert was promoted by policy.',
    ],
    [
      { ci: [], runs: { ...nothing().runs } },
      'Level 0, no MLOps. 1 of 4 criteria of level 1 hold; missing: runs carry the commit they ran from; a CI result is ' +
        'attached to a commit that ran; unit tests pass. The target is level 0.',
    ],
  ])('leads with what is missing: %#', (change, text) => {
    const findings = judge({ ...everything(), ...change });
    expect(maturityLead('p', levelOf(findings).level, findings, 'ci' in change ? 0 : null).text).toBe(text);
  });
});

describe('CI results', () => {
  const old = 'c'.repeat(40);
  it.each([
    [
      'the newest of a suite decides',
      [ciResult({ failed: 3 }), ciResult({ id: 2, reported_at: 2 })],
      [COMMIT],
    ],
    ['one red suite spoils the commit', [ciResult(), ciResult({ suite: 'unit-slow', failed: 1 })], []],
    ['nothing passed is no test', [ciResult({ passed: 0 })], []],
    ['other kinds do not count', [ciResult({ kind: 'build' })], []],
    ['each commit for itself', [ciResult(), ciResult({ commit: old, failed: 1 })], [COMMIT]],
  ])('%s', (_, ci, commits) => {
    expect(passes({ ci }, 'unit')).toEqual(commits);
  });

  it('meet their commit by its first digits', () => {
    expect(passes({ ci: [ciResult({ commit: COMMIT.slice(0, 8) })] }, 'unit', COMMIT)).toHaveLength(1);
    expect(passes({ ci: [ciResult()] }, 'unit', old)).toEqual([]);
  });
});

describe('the ML Test Score', () => {
  it('has 28 tests in four sections of seven, and is the least of the sums', () => {
    const best = mlTestScore(everything());
    expect(best.tests).toHaveLength(28);
    expect(new Set(best.tests.map((test) => test.id)).size).toBe(28);
    expect(best.sections).toEqual([
      { section: 'data', points: 6 },
      { section: 'model', points: 6 },
      { section: 'infrastructure', points: 5.5 },
      { section: 'monitoring', points: 7 },
    ]);
    expect(best).toMatchObject({ score: 5.5, meaning: 'exceptional' });
    expect(best.tests.filter((test) => test.proof === null).map((test) => [test.id, test.points])).toEqual([
      ['data-6', 0],
      ['model-7', 0],
      ['infrastructure-5', 0],
    ]);
    expect(mlTestScore(nothing())).toMatchObject({ score: 0, meaning: 'a research project' });
  });

  it.each(mlTestScore(everything()).tests.filter((test) => test.points > 0))(
    'gives nothing for $id without its records',
    ({ id, section }) => {
      const all = everything();
      const { [id as 'data-1']: _, ...practices } = all.practices;
      const without: Record<string, Partial<Answers>> = {
        'data-7': { ci: all.ci.filter((result) => result.suite !== 'features') },
        'model-1': { runs: { ...all.runs, withCommit: 0 } },
        'infrastructure-1': { reproductions: none },
        'infrastructure-2': { ci: all.ci.filter((result) => result.kind !== 'unit') },
        'infrastructure-3': { ci: all.ci.filter((result) => result.kind !== 'integration') },
        'infrastructure-4': { deploymentsToProtected: none },
        'infrastructure-6': { rolloutsDecided: none },
        'infrastructure-7': { rollbacksExercised: none },
        'monitoring-6': { monitorsLive: { ...all.monitorsLive, service: none } },
        'monitoring-7': { monitorsLive: { ...all.monitorsLive, quality: none } },
      };
      const score = mlTestScore({ ...all, practices, ...without[id] });
      expect(score.tests.find((test) => test.id === id)?.points).toBe(0);
      const before = mlTestScore(all).sections.find((each) => each.section === section)?.points ?? 0;
      expect(score.sections.find((each) => each.section === section)?.points).toBeLessThan(before);
    },
  );

  it('gives half for what was done by hand', () => {
    const all = everything();
    const practices = { ...all.practices, 'data-2': { manual: 1, automated: 0, proofs: [] } };
    const score = mlTestScore({
      ...all,
      practices,
      deploymentsToProtected: { found: 1, total: 2, proofs: [] },
      runCommits: [],
    });
    const points = Object.fromEntries(score.tests.map((test) => [test.id, test.points]));
    expect(points).toMatchObject({
      'data-2': 0.5,
      'infrastructure-4': 0.5,
      'model-1': 0.5,
      'infrastructure-2': 0,
    });
    expect(score.score).toBe(4.5);
  });
});

describe('the people axis', () => {
  const said = (criterion: string, expires_at: number): Attestation => ({
    criterion,
    by: 'li',
    recorded_by: 'ana',
    statement: 'yes',
    attested_at: 0,
    expires_at,
  });
  it.each([
    [[], null],
    [[said('people-2', 11)], 2],
    [[said('people-2', 9)], 1],
    [[said('people-3', 11)], 1],
    [[said('people-2', 11), said('people-3', 11), said('people-4', 11)], 4],
  ])('%j: %s', (attestations, level) => {
    expect(peopleAxis(attestations, 10).level).toBe(level);
  });
});
