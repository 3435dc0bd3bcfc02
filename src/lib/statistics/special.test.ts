import { describe, expect, it } from 'vitest';
import { SCIPY_VALUES } from './special.golden.ts';
import * as special from './special.ts';

const functions: Record<string, (...numbers: number[]) => number> = {
  betaCdf: special.betaCdf,
  betaQuantile: special.betaQuantile,
  betaSf: special.betaSf,
  chi2Isf: special.chi2Isf,
  chi2Sf: special.chi2Sf,
  fIsf: special.fIsf,
  fSf: special.fSf,
  gammaP: special.gammaP,
  gammaQ: special.gammaQ,
  kolmogorovSf: special.kolmogorovSf,
  lgamma: special.lgamma,
  logBetaSf: special.logBetaSf,
  normalCdf: special.normalCdf,
  normalQuantile: special.normalQuantile,
  normalSf: special.normalSf,
  tIsf: special.tIsf,
  tSf: special.tSf,
};

describe('special functions', () => {
  it.each(SCIPY_VALUES)('%s(%j) agrees with scipy', (name, args, expected) => {
    const value = functions[name]!(...args);
    const error = Math.abs(value - expected) / (Math.abs(expected) || 1);
    expect(error).toBeLessThan(2e-12);
  });

  it('matches printed tables', () => {
    expect(special.normalMultiplier(0.95)).toBeCloseTo(1.959963984540054, 14);
    expect(special.tIsf(0.025, 10)).toBeCloseTo(2.228138851986, 11);
    expect(special.chi2Isf(0.05, 3)).toBeCloseTo(7.814727903251179, 12);
  });

  it('handles edges', () => {
    expect(special.normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(special.normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(special.normalQuantile(1.1)).toBeNaN();
    expect(special.chi2Sf(0, 3)).toBe(1);
    expect(special.tIsf(0, 3)).toBe(Number.POSITIVE_INFINITY);
    expect(special.betaQuantile(Number.NaN, 1, 1)).toBeNaN();
  });
});
