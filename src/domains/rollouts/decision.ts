import { counted, estimated, lead, type LeadPart, type NumberPart, type Proof } from '../../lib/lead.ts';
import { pairedSequence, type SequenceResult } from '../../lib/statistics/confidence-sequence.ts';
import type { Moments } from '../../lib/statistics/moments.ts';
import { planTest } from '../../lib/statistics/power.ts';
import { eventRatioAbove } from '../../lib/statistics/rare-events.ts';
import { sampleRatio } from '../../lib/statistics/tests.ts';
import { type Planned } from './schema/proofs.ts';
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

/** Proves the numbers in the sentence of a look: what was seen, and what the plan says. */
export interface Prove {
  (definition: string, formula?: string): Proof;
  planned(of: Planned): NumberPart;
}

type Judged = Pick<Look, 'n' | 'gain' | 'low' | 'high'>;

const GAIN = 'How much lower the loss of the candidate is than that of the champion, on the same requests.';
const PAIRED = 'Requests scored by both arms whose truth is known.';

const gainOf = (prove: Prove, seen: Judged): string | LeadPart =>
  seen.gain === null
    ? 'unknown'
    : estimated(
        { value: seen.gain, low: seen.low, high: seen.high, n: seen.n },
        prove(GAIN, 'mean(loss of champion − loss of candidate), paired by request'),
      );

type Said = Pick<Look, 'decision' | 'sentence' | 'parts'>;

function say(decision: Look['decision'], ...words: (string | LeadPart)[]): Said {
  const { text, parts } = lead(...words);
  return { decision, sentence: text, parts };
}

function look(
  rowsSeen: StageRows,
  stage: Look['stage'],
  test: SequenceResult,
): Omit<Look, 'decision' | 'sentence' | 'parts' | 'split' | 'guardrails' | 'looked_at'> {
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
export function lookAtShadow(
  plan: RolloutPlan,
  seen: StageRows,
  startedAt: number,
  prove: Prove,
): Omit<Look, 'looked_at'> {
  const test = judged(seen, plan.n_star, plan.alpha);
  const base = { ...look(seen, 'shadow', test), split: null, guardrails: [] };
  const gain = gainOf(prove, base);
  const rows = counted(base.n, prove(PAIRED));
  const loss = plan.loss.replaceAll('_', ' ');
  if (test.decided && test.effect > 0)
    return {
      ...base,
      ...say(
        'to_canary',
        'Better: the candidate gains ',
        gain,
        ` in ${loss} on `,
        rows,
        ' paired rows. It goes on to ',
        prove.planned('weight'),
        ' of the traffic.',
      ),
    };
  if (test.decided)
    return {
      ...base,
      ...say(
        'roll_back',
        'Roll back. The gain of the candidate is ',
        gain,
        ` in ${loss} on `,
        rows,
        ' paired rows. The champion stays.',
      ),
    };
  const over = seen.through - startedAt >= plan.horizon_ms || base.n >= plan.horizon_rows;
  if (over)
    return {
      ...base,
      ...say(
        'inconclusive',
        'Inconclusive. The horizon is over after ',
        rows,
        ' paired rows and the gain ',
        gain,
        ' may still be 0. The champion stays.',
      ),
    };
  return {
    ...base,
    ...say(
      'keep_going',
      'Keep going. The gain ',
      gain,
      ' may still be 0. About ',
      counted(
        Math.max(0, plan.rows_needed - base.n),
        prove('Labelled rows that the plan needs less those that were seen.', 'rows needed − n'),
      ),
      ' more labelled rows would settle a gain of ',
      prove.planned('effect'),
      '.',
    ),
  };
}

/** Looks kept of one stage while nothing is decided. */
const LOOKS_KEPT = 200;

/**
 * Live endpoints are looked at every few seconds so that a broken guardrail ends the canary at once; of looks that decide nothing those
 * are kept that are a two hundredth of the stage apart.
 */
export function isWorthKeeping(
  { plan, looks }: { plan: RolloutPlan; looks: readonly Pick<Look, 'stage' | 'through'>[] },
  look: Pick<Look, 'stage' | 'through'>,
): boolean {
  const span = look.stage === 'shadow' ? plan.horizon_ms : plan.canary.window_ms;
  const last = looks.findLast((each) => each.stage === look.stage);
  return !last || look.through - last.through >= span / LOOKS_KEPT;
}

/** One look at the canary stage: guardrails and the split are judged at every look, promotion at the end of its window. */
export function lookAtCanary(
  plan: RolloutPlan,
  seen: StageRows,
  startedAt: number,
  prove: Prove,
): Omit<Look, 'looked_at'> {
  const test = judged(seen, Math.max(1, seen.differences.n), plan.alpha);
  const split = splitOf(plan, seen);
  const guardrails = guardrailsOf(plan, seen, test, prove);
  const base = { ...look(seen, 'canary', test), split, guardrails };
  const broken = guardrails.find((guardrail) => !guardrail.holds);
  const answers = counted(split.candidate, prove('Answers of the candidate since the canary began.'));
  if (split.mismatch)
    return {
      ...base,
      ...say(
        'no_verdict',
        'No verdict. The candidate got ',
        {
          type: 'number',
          value: split.candidate / (split.champion + split.candidate),
          style: 'share',
          proof: prove('Answers of the candidate over the answers of both arms since the canary began.'),
        },
        ' where ',
        prove.planned('weight'),
        ' was asked (p ',
        split.p === null ? 'unknown' : splitChance(prove, split.p),
        '). Fix the assignment first.',
      ),
    };
  if (broken) return { ...base, ...say('roll_back', 'Roll back. ', ...broken.parts) };
  if (seen.through - startedAt < plan.canary.window_ms)
    return {
      ...base,
      ...say(
        'keep_going',
        'Keep going. All guardrails hold on ',
        answers,
        ' answers of the candidate; the canary ends with its window.',
      ),
    };
  if (base.n === 0)
    return {
      ...base,
      ...say('inconclusive', 'Inconclusive. No labelled row came during the canary. The champion stays.'),
    };
  return {
    ...base,
    ...say(
      'promote',
      'Promote. All guardrails held on ',
      answers,
      ' answers of the candidate, and ',
      counted(base.n, prove(PAIRED)),
      ` paired rows ${test.low >= -plan.canary.margin ? 'show no loss' : 'do not prove a loss'} beyond `,
      prove.planned('margin'),
      '.',
    ),
  };
}

/** Answers per arm, and the chance of a split at least as uneven under the planned weights. */
function splitOf(plan: RolloutPlan, { answers }: StageRows): NonNullable<Look['split']> {
  const expected = plan.canary.weight;
  if (answers.champion + answers.candidate === 0) return { ...answers, expected, p: null, mismatch: false };
  const { p, mismatch } = sampleRatio([answers.champion, answers.candidate], [1 - expected, expected]);
  return { ...answers, expected, p: Number.isFinite(p) ? p : null, mismatch };
}

const splitChance = (prove: Prove, p: number): LeadPart => ({
  type: 'number',
  value: p,
  style: 'measure',
  proof: prove(
    'Chance of a split at least this uneven if requests went by the weights.',
    'chi-squared test of the answers per arm against the weights',
  ),
});

function guardrailsOf(
  plan: RolloutPlan,
  seen: StageRows,
  test: SequenceResult,
  prove: Prove,
): Look['guardrails'] {
  const { canary } = plan;
  const ratio = eventRatioAbove(seen.errors, canary.weight, canary.max_error_ratio, plan.alpha);
  const p99 = seen.p99.candidate;
  const failed = (arm: 'candidate' | 'champion') =>
    counted(seen.errors[arm], prove(`Requests of the ${arm} that failed since the canary began.`));
  const guardrail = (name: string, holds: boolean, ...words: (string | LeadPart)[]) => {
    const { text, parts } = lead(...words);
    return { name, holds, sentence: text, parts };
  };
  return [
    guardrail(
      'errors',
      !ratio.exceeded,
      'The candidate failed ',
      failed('candidate'),
      ' requests, the champion ',
      failed('champion'),
      '; the limit is ',
      prove.planned('max_error_ratio'),
      " times the champion's rate.",
    ),
    guardrail(
      'latency',
      p99 === null || p99 <= canary.max_p99_ms,
      "The candidate's p99 is ",
      p99 === null
        ? 'unknown'
        : {
            type: 'number',
            value: p99,
            style: 'measure',
            unit: 'ms',
            proof: prove('The latency that 99% of the answers of the candidate were at or below.'),
          },
      ', the limit ',
      { ...prove.planned('max_p99_ms'), unit: 'ms' },
      '.',
    ),
    guardrail(
      'non-inferiority',
      !(test.decided && test.high < -canary.margin),
      "The candidate's gain is ",
      gainOf(prove, look(seen, 'canary', test)),
      '; it may lose at most ',
      prove.planned('margin'),
      '.',
    ),
  ];
}
