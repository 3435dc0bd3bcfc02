import { pairedSequence, type SequenceResult } from '../../lib/statistics/confidence-sequence.ts';
import type { Moments } from '../../lib/statistics/moments.ts';
import { planTest } from '../../lib/statistics/power.ts';
import { eventRatioAbove } from '../../lib/statistics/rare-events.ts';
import { sampleRatio } from '../../lib/statistics/tests.ts';
import { type Look, type PlanQuestion, RolloutPlan } from './schema.ts';

/** What the log says about one stage up to one event time. */
export interface StageRows {
  through: number;
  /**
   * Loss of the champion minus loss of the candidate on the same labelled request. Its `n` counts independent rows: as many as would
   * give the standard error that the days show (`dayClustered`).
   */
  differences: Moments;
  /** Paired labelled rows, and the days of event time that they come from. */
  rows: number;
  days: number;
  championLoss: number | null;
  candidateLoss: number | null;
  /** Answers and failed requests per arm; of the canary stage. */
  answers: { champion: number; candidate: number };
  errors: { champion: number; candidate: number };
  p99: { champion: number | null; candidate: number | null };
}

/** Fewer days cannot show how much days differ among themselves, so nothing is decided yet. */
const MIN_DAYS = 7;

/**
 * Rows of one day rise and fall together (weather, one broken feed), so a test that counts them as independent is too sure. The
 * standard error of the mean is therefore taken over days (the cluster-robust estimator for means, e.g. Cameron and Miller 2015, never below the one
 * over rows), and the rows are counted down to the number of independent ones with the same standard error.
 */
export function dayClustered(days: readonly { n: number; sum: number; squares: number }[]): Moments {
  const rows = days.reduce((sum, day) => sum + day.n, 0);
  if (rows < 2) return { n: rows, mean: 0, m2: 0 };
  const mean = days.reduce((sum, day) => sum + day.sum, 0) / rows;
  const variance =
    Math.max(0, days.reduce((sum, day) => sum + day.squares, 0) - rows * mean * mean) / (rows - 1);
  const groups = days.length;
  const between = days.reduce((sum, day) => sum + (day.sum - day.n * mean) ** 2, 0);
  const clustered = groups > 1 ? (groups / (groups - 1)) * (between / rows ** 2) : Number.POSITIVE_INFINITY;
  const designEffect = Math.max(1, variance === 0 ? 1 : clustered / (variance / rows));
  const independent = Number.isFinite(designEffect) ? rows / designEffect : 1;
  return { n: independent, mean, m2: variance * Math.max(0, independent - 1) };
}

/** The plan of a paired test: rows needed for the stated effect, and whether the horizon is expected to give them. */
export function planRollout(question: PlanQuestion, labelledRowsPerMs: number): RolloutPlan {
  const horizonRows = Math.floor(labelledRowsPerMs * question.horizon_ms);
  const test = planTest({
    effect: question.effect,
    sd: question.sd,
    horizonRows,
    ...(question.alpha === undefined ? {} : { alpha: question.alpha }),
    ...(question.power === undefined ? {} : { power: question.power }),
  });
  return RolloutPlan.parse({
    loss: question.loss,
    alpha: test.alpha,
    power: test.power,
    effect: question.effect,
    sd: question.sd,
    rows_needed: test.rows,
    horizon_rows: horizonRows,
    horizon_ms: question.horizon_ms,
    n_star: test.nStar,
    can_decide: test.canDecide,
    canary: {
      margin: question.margin ?? question.effect,
      ...(question.canary_weight === undefined ? {} : { weight: question.canary_weight }),
      ...(question.canary_window_ms === undefined ? {} : { window_ms: question.canary_window_ms }),
    },
  });
}

function judged(seen: StageRows, nStar: number, alpha: number): SequenceResult {
  const test = pairedSequence(seen.differences, { alpha, nStar });
  return { ...test, decided: test.decided && seen.days >= MIN_DAYS };
}

const shown = (value: number | null) => (value === null ? 'unknown' : value.toFixed(4));
const rows = (n: number) => n.toLocaleString('en-US');

function look(
  rowsSeen: StageRows,
  stage: Look['stage'],
  test: SequenceResult,
): Omit<Look, 'decision' | 'sentence' | 'split' | 'guardrails' | 'looked_at'> {
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    stage,
    through: rowsSeen.through,
    n: rowsSeen.rows,
    gain: finite(test.effect),
    low: finite(test.low),
    high: finite(test.high),
    champion_loss: rowsSeen.championLoss,
    candidate_loss: rowsSeen.candidateLoss,
  };
}

/** One look at the shadow stage: better goes on to the canary, worse goes back, and past the horizon the champion stays. */
export function lookAtShadow(plan: RolloutPlan, seen: StageRows, startedAt: number): Omit<Look, 'looked_at'> {
  const test = judged(seen, plan.n_star, plan.alpha);
  const base = { ...look(seen, 'shadow', test), split: null, guardrails: [] };
  const gain = `${shown(base.gain)} (${shown(base.low)} to ${shown(base.high)})`;
  if (test.decided && test.effect > 0) {
    return {
      ...base,
      decision: 'to_canary',
      sentence: `Better: the candidate gains ${gain} in ${plan.loss} on ${rows(base.n)} paired rows. It goes on to ${Math.round(plan.canary.weight * 100)}% of the traffic.`,
    };
  }
  if (test.decided) {
    return {
      ...base,
      decision: 'roll_back',
      sentence: `Roll back. The candidate loses ${shown(base.gain === null ? null : -base.gain)} in ${plan.loss} on ${rows(base.n)} paired rows. The champion stays.`,
    };
  }
  const over = seen.through - startedAt >= plan.horizon_ms || base.n >= plan.horizon_rows;
  if (over) {
    return {
      ...base,
      decision: 'inconclusive',
      sentence: `Inconclusive. The horizon is over after ${rows(base.n)} paired rows and the gain ${gain} may still be 0. The champion stays.`,
    };
  }
  const missing = Math.max(0, plan.rows_needed - base.n);
  return {
    ...base,
    decision: 'keep_going',
    sentence: `Keep going. The gain ${gain} may still be 0. About ${rows(missing)} more labelled rows would settle a gain of ${shown(plan.effect)}.`,
  };
}

/** One look at the canary stage: guardrails and the split are judged at every look, promotion at the end of its window. */
export function lookAtCanary(plan: RolloutPlan, seen: StageRows, startedAt: number): Omit<Look, 'looked_at'> {
  const test = judged(seen, Math.max(1, seen.differences.n), plan.alpha);
  const total = seen.answers.champion + seen.answers.candidate;
  const srm =
    total > 0
      ? sampleRatio(
          [seen.answers.champion, seen.answers.candidate],
          [1 - plan.canary.weight, plan.canary.weight],
        )
      : undefined;
  const split = srm
    ? {
        ...seen.answers,
        expected: plan.canary.weight,
        p: Number.isFinite(srm.p) ? srm.p : null,
        mismatch: srm.mismatch,
      }
    : { ...seen.answers, expected: plan.canary.weight, p: null, mismatch: false };
  const guardrails = guardrailsOf(plan, seen, test);
  const base = { ...look(seen, 'canary', test), split, guardrails };
  const broken = guardrails.find((guardrail) => !guardrail.holds);
  if (split.mismatch) {
    const share = ((100 * split.candidate) / total).toFixed(2);
    return {
      ...base,
      decision: 'no_verdict',
      sentence: `No verdict. The candidate got ${share}% where ${plan.canary.weight * 100}% was asked (p ${split.p?.toExponential(0)}). Fix the assignment first.`,
    };
  }
  if (broken) return { ...base, decision: 'roll_back', sentence: `Roll back. ${broken.sentence}` };
  if (seen.through - startedAt < plan.canary.window_ms) {
    return {
      ...base,
      decision: 'keep_going',
      sentence: `Keep going. All guardrails hold on ${rows(split.candidate)} answers of the candidate; the canary ends with its window.`,
    };
  }
  if (base.n === 0)
    return {
      ...base,
      decision: 'inconclusive',
      sentence: 'Inconclusive. No labelled row came during the canary. The champion stays.',
    };
  const loss = test.low >= -plan.canary.margin ? 'show no loss' : 'do not prove a loss';
  return {
    ...base,
    decision: 'promote',
    sentence: `Promote. All guardrails held on ${rows(split.candidate)} answers of the candidate, and ${rows(base.n)} paired rows ${loss} beyond ${plan.canary.margin}.`,
  };
}

function guardrailsOf(plan: RolloutPlan, seen: StageRows, test: SequenceResult): Look['guardrails'] {
  const ratio = eventRatioAbove(seen.errors, plan.canary.weight, plan.canary.max_error_ratio, plan.alpha);
  const p99 = seen.p99.candidate;
  const worse = test.decided && test.high < -plan.canary.margin;
  return [
    {
      name: 'errors',
      holds: !ratio.exceeded,
      sentence: `The candidate failed ${seen.errors.candidate} requests, the champion ${seen.errors.champion}; the limit is ${plan.canary.max_error_ratio} times the champion's rate.`,
    },
    {
      name: 'latency',
      holds: p99 === null || p99 <= plan.canary.max_p99_ms,
      sentence: `The candidate's p99 is ${p99 === null ? 'unknown' : `${p99.toFixed(1)} ms`}, the limit ${plan.canary.max_p99_ms} ms.`,
    },
    {
      name: 'non-inferiority',
      holds: !worse,
      sentence: `The candidate's gain is ${shown(test.effect)} (${shown(test.low)} to ${shown(test.high)}); it may lose at most ${plan.canary.margin}.`,
    },
  ];
}
