import type { Promotion } from '../../domains/releases/schema.ts';
import type { Rollout } from '../../domains/rollouts/schema.ts';

/** What a turn changed in the goal: the paired gain of its version, or why nobody knows it. */
export type TurnChange =
  | {
      gain: number;
      interval: readonly [number, number];
      /** Paired rows, where the record says them. */
      n: number | undefined;
      metric: string;
      /** What it was paired with. */
      against: string;
      measured: { on: 'live'; rollout: number } | { on: 'evaluation'; promotion: number };
    }
  | { none: string };

/**
 * The strongest record of a turn: the newest shadow look of its rollout, which pairs live answers; else the evaluation beside the
 * version that answered, else beside the baseline, as the gates of its last promotion read it.
 */
export function changeOf(
  promotions: readonly Promotion[],
  rollouts: readonly Rollout[],
  goal: string,
): TurnChange {
  const newest = promotions.findLast((promotion) => promotion.rollout !== null)?.rollout;
  const rollout = rollouts.find((each) => each.id === newest);
  const look = rollout?.looks.findLast((each) => each.stage === 'shadow' && each.gain !== null);
  if (rollout && look && look.gain !== null && look.low !== null && look.high !== null)
    return {
      gain: look.gain,
      interval: [look.low, look.high],
      n: look.n,
      metric: rollout.plan.loss,
      against: `v${rollout.champion}`,
      measured: { on: 'live', rollout: rollout.id },
    };
  for (const name of ['champion', 'baseline'] as const) {
    for (const promotion of promotions.toReversed()) {
      const gate = promotion.gates.find((each) => each.name === name);
      if (!gate || gate.value === null || gate.low === null || gate.high === null) continue;
      return {
        gain: gate.value,
        interval: [gate.low, gate.high],
        n: undefined,
        metric: goal,
        against: name === 'baseline' ? 'the baseline' : 'the champion',
        measured: { on: 'evaluation', promotion: promotion.id },
      };
    }
  }
  return { none: promotions.length === 0 ? 'nothing promoted' : 'no evaluation' };
}
