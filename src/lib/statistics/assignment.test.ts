import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignArm, assignTwoArms, fnv1a32, hashUnit, inCandidate } from './assignment.ts';

describe('assignment', () => {
  it.each([
    ['', 2166136261],
    ['a', 3826002220],
    ['foobar', 3214735720],
    ['seeda', 717764279],
    ['717764279', 2503390505],
  ])('fnv1a32(%j)', (text, hash) => expect(fnv1a32(text)).toBe(hash));

  // The first four are GrowthBook's own cases (sdk-js cases.json).
  it.each([
    ['seed', 'a', 0.0505],
    ['feature', '123', 0.5231],
    ['experiment', '1', 0.4413],
    ['holdout', '1', 0.8043],
    ['seed', 'b', 0.2696],
    ['seed', 'def', 0.2054],
  ])('hashUnit(%j, %j)', (seed, unit, place) => expect(hashUnit(seed, unit)).toBe(place));

  it('never moves a unit back while the share grows', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, unit, a, b) => {
          const [low, high] = a < b ? [a, b] : [b, a];
          if (inCandidate(seed, unit, low)) expect(inCandidate(seed, unit, high)).toBe(true);
        },
      ),
    );
    expect(inCandidate('s', 'u', 0)).toBe(false);
    expect(inCandidate('s', 'u', 1)).toBe(true);
  });

  it('keeps shares within 0.1 points at a million units', () => {
    const names = { champion: 'old', candidate: 'new' };
    const arms = [
      { name: 'a', weight: 20 },
      { name: 'b', weight: 80 },
      { name: 'c', weight: 100 },
    ];
    let candidates = 0;
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 1_000_000; i++) {
      const unit = `user-${i}`;
      if (assignTwoArms('share', unit, 0.25, names).arm === 'new') candidates++;
      counts[assignArm('share', unit, arms).arm]! += 1;
    }
    expect(Math.abs(candidates / 1e6 - 0.25)).toBeLessThan(0.001);
    expect(Math.abs(counts.a! / 1e6 - 0.1)).toBeLessThan(0.001);
    expect(Math.abs(counts.b! / 1e6 - 0.4)).toBeLessThan(0.001);
    expect(Math.abs(counts.c! / 1e6 - 0.5)).toBeLessThan(0.001);
  });

  it('moves only the units it must when one weight changes', () => {
    const before = [
      { name: 'a', weight: 50 },
      { name: 'b', weight: 30 },
      { name: 'c', weight: 20 },
    ];
    const after = before.map((arm) => (arm.name === 'c' ? { ...arm, weight: 40 } : arm));
    let moved = 0;
    for (let i = 0; i < 20_000; i++) {
      const from = assignArm('move', `u${i}`, before).arm;
      const to = assignArm('move', `u${i}`, after).arm;
      if (from === to) continue;
      moved++;
      expect(to).toBe('c');
    }
    expect(moved / 20_000).toBeCloseTo(40 / 120 - 0.2, 2);
  });

  it('reports the propensity', () => {
    expect(assignTwoArms('s', 'u', 0.3, { champion: 'x', candidate: 'y' }).propensity).toBeOneOf([0.3, 0.7]);
    const { arm, propensity } = assignArm('s', 'u', [
      { name: 'only', weight: 3 },
      { name: 'off', weight: 0 },
    ]);
    expect([arm, propensity]).toEqual(['only', 1]);
    expect(() => assignArm('s', 'u', [])).toThrow(RangeError);
  });
});
