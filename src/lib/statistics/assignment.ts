/**
 * Sticky assignment of units to arms: a pure function of seed and unit, so every replica and every replay agrees.
 * The hash is GrowthBook's version 2: n = fnv1a32(decimal of fnv1a32(seed + unit)) mod 10000 / 10000.
 */
export interface Arm {
  name: string;
  /** Any scale; only ratios count. An arm of weight 0 gets nobody. */
  weight: number;
}

export interface Assignment {
  arm: string;
  /** Probability with which this arm was chosen: log it with every prediction. */
  propensity: number;
}

/** FNV-1a over the UTF-16 codes of a text, as an unsigned 32-bit number. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The unit's place in [0, 1), in steps of 1/10000. */
export const hashUnit = (seed: string, unit: string): number =>
  (fnv1a32(String(fnv1a32(seed + unit))) % 10_000) / 10_000;

/** Whether the unit belongs to the candidate at this share. Raising the share never moves a unit back. */
export const inCandidate = (seed: string, unit: string, share: number): boolean =>
  hashUnit(seed, unit) < share;

/** Champion and candidate, split at `share`. */
export function assignTwoArms(
  seed: string,
  unit: string,
  share: number,
  names: { champion: string; candidate: string },
): Assignment {
  const inside = inCandidate(seed, unit, share);
  return { arm: inside ? names.candidate : names.champion, propensity: inside ? share : 1 - share };
}

/**
 * Weighted rendezvous over any number of arms: the largest -weight / ln(hash under the arm's own seed) wins.
 * A changed weight moves only units into the arm that grew or out of the arm that shrank. Throws RangeError when no arm has weight.
 */
export function assignArm(seed: string, unit: string, arms: readonly Arm[]): Assignment {
  let total = 0;
  let best: Arm | undefined;
  let bestScore = -1;
  for (const arm of arms) {
    if (!(arm.weight > 0)) continue;
    total += arm.weight;
    const score = -arm.weight / Math.log(hashUnit(`${seed}/${arm.name}/`, unit));
    if (score > bestScore) {
      best = arm;
      bestScore = score;
    }
  }
  if (!best) throw new RangeError('At least one arm needs a weight above 0.');
  return { arm: best.name, propensity: best.weight / total };
}
