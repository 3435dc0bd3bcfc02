import { assignArm, assignTwoArms } from '../../../lib/statistics/assignment.ts';

export interface Weighted {
  arm: string;
  weight: number;
}

export interface Assigned<T> {
  to: T;
  propensity: number;
}

/**
 * Compiles the split of an endpoint: unit → deployment, sticky by seed and unit; without a unit by chance.
 * With two arms the second takes [0, share), so that raising its share never moves a unit back; with more, weighted rendezvous.
 */
export function compileSplit<T extends Weighted>(
  seed: string,
  all: readonly T[],
): (unit: string | undefined) => Assigned<T> {
  const arms = all.filter(({ weight }) => weight > 0);
  const [first, second] = arms;
  if (!first) throw new RangeError('At least one deployment needs a weight above 0.');
  if (!second) {
    const only = { to: first, propensity: 1 };
    return () => only;
  }
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  const assigned = arms.map((to) => ({ to, propensity: to.weight / total }));
  const byName = new Map(assigned.map((each) => [each.to.arm, each]));
  const names = { champion: first.arm, candidate: second.arm };
  const share = second.weight / total;
  const weights = arms.map(({ arm, weight }) => ({ name: arm, weight }));
  return (unit) => {
    if (unit === undefined) return byChance(assigned);
    const { arm } =
      arms.length === 2 ? assignTwoArms(seed, unit, share, names) : assignArm(seed, unit, weights);
    return byName.get(arm) as Assigned<T>;
  };
}

function byChance<T extends Weighted>(arms: readonly Assigned<T>[]): Assigned<T> {
  let point = Math.random();
  for (const each of arms) {
    point -= each.propensity;
    if (point < 0) return each;
  }
  return arms.at(-1) as Assigned<T>;
}
