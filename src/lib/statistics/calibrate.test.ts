import { describe, expect, it } from 'vitest';
import { countNumeric, numericBins } from './bins.ts';
import { nullPValue, resampleBlocks, resampleRows, shareBudget, thresholdOf } from './calibrate.ts';
import { binnedDistance } from './drift.ts';
import type { BinnedDistance } from './drift.ts';
import { createRandom, multinomial, normal } from './random.ts';

const KINDS: BinnedDistance[] = ['ks', 'wasserstein', 'psi', 'jensen-shannon', 'chi-square'];

describe('calibrated thresholds', () => {
  const random = createRandom('calibrate');
  const sample = (n: number, shift = 0) => Float64Array.from({ length: n }, () => shift + normal(random));

  it.each(KINDS)('%s holds its false-alarm rate on unchanged data and sees a real change', (kind) => {
    const windows = 600;
    let alarms = 0;
    let found = 0;
    // Fresh references, because a rate promised on average over references is what a user meets.
    for (let repeat = 0; repeat < 6; repeat++) {
      const reference = sample(2000);
      const bins = numericBins(reference, 15);
      const counts = countNumeric(bins, reference).counts;
      const nulls = resampleRows({
        distance: kind,
        reference: counts,
        positions: bins.positions,
        windowRows: 100,
        seed: `r${repeat}`,
        resamples: 1000,
      });
      const threshold = thresholdOf(nulls, 0.05);
      const distance = (values: Float64Array) =>
        binnedDistance(kind, counts, countNumeric(bins, values).counts, bins.positions);
      for (let i = 0; i < windows / 6; i++) if (distance(sample(100)) >= threshold) alarms++;
      for (let i = 0; i < 10; i++) if (distance(sample(100, 0.7)) >= threshold) found++;
    }
    // 0.05 ± 3.3 standard errors of 600 windows.
    expect(alarms / windows).toBeLessThan(0.08);
    expect(alarms / windows).toBeGreaterThan(0.015);
    expect(found).toBeGreaterThan(55);
  });

  it('the continued tail does not promise a rate it cannot keep', () => {
    const reference = Array(10).fill(200);
    for (const kind of KINDS) {
      const few = resampleRows({
        distance: kind,
        reference,
        positions: reference.map((_, i) => i),
        windowRows: 200,
        seed: 'few',
        resamples: 1000,
      });
      const many = resampleRows({
        distance: kind,
        reference,
        positions: reference.map((_, i) => i),
        windowRows: 200,
        seed: 'many',
        resamples: 20_000,
      });
      const threshold = thresholdOf(few, 0.001);
      const above = many.distances.filter((distance) => distance >= threshold).length / 20_000;
      expect(above).toBeLessThan(0.003);
      expect(nullPValue(few, threshold)).toBeGreaterThan(0.0005);
      expect(nullPValue(few, threshold)).toBeLessThan(0.002);
    }
  });

  it('p-values fall with the distance and are about uniform', () => {
    const question = { distance: 'psi' as const, reference: [100, 200, 300, 400], windowRows: 150 };
    const nulls = resampleRows({ ...question, seed: 'a' });
    const others = resampleRows({ ...question, seed: 'b', resamples: 500 });
    const p = Array.from(others.distances, (distance) => nullPValue(nulls, distance));
    expect(p.every((value, i) => i === 0 || value <= p[i - 1]! + 1e-9)).toBe(true);
    expect(p.filter((value) => value <= 0.1).length / 500).toBeCloseTo(0.1, 1);
    expect(nullPValue(nulls, 1e9)).toBeLessThan(1e-6);
  });

  it('smaller windows need larger thresholds, and a seed repeats', () => {
    const at = (windowRows: number) =>
      thresholdOf(
        resampleRows({
          distance: 'jensen-shannon',
          reference: Array(10).fill(200),
          windowRows,
          seed: 's',
          resamples: 500,
        }),
        0.05,
      );
    expect(at(50)).toBeGreaterThan(at(500) * 2);
    expect(at(50)).toBe(at(50));
  });

  it('columns under one budget: any false alarm stays within it', () => {
    const columns = 10;
    const reference = Array(8).fill(250);
    const nulls = resampleRows({
      distance: 'psi',
      reference,
      windowRows: 300,
      seed: 'budget',
      resamples: 4000,
    });
    const threshold = thresholdOf(nulls, shareBudget(0.05, columns));
    const draw = createRandom('windows');
    let alarmed = 0;
    for (let window = 0; window < 400; window++) {
      const any = Array.from({ length: columns }, () =>
        binnedDistance('psi', multinomial(draw, 2000, reference), multinomial(draw, 300, reference)),
      );
      if (any.some((distance) => distance >= threshold)) alarmed++;
    }
    expect(alarmed / 400).toBeLessThan(0.085);
  });

  it('blocks that differ among themselves raise the threshold', () => {
    const draw = createRandom('days');
    const day = () => {
      const tilt = 0.5 + 0.15 * normal(draw);
      return multinomial(draw, 100, [Math.max(0.05, tilt), Math.max(0.05, 1 - tilt)]);
    };
    const blocks = Array.from({ length: 40 }, day);
    const reference = blocks.reduce(
      (sum, block) => sum.map((count, i) => count + block[i]!),
      new Float64Array(2),
    );
    const common = { distance: 'ks' as const, windowRows: 150, seed: 'blocks' };
    const rows = thresholdOf(resampleRows({ ...common, reference }), 0.05);
    const days = thresholdOf(resampleBlocks({ ...common, blocks }), 0.05);
    expect(days).toBeGreaterThan(rows * 1.3);
    let alarms = 0;
    for (let i = 0; i < 300; i++) {
      const half = day().map((count) => count / 2);
      const window = day().map((count, j) => count + half[j]!);
      if (binnedDistance('ks', reference, window) >= days) alarms++;
    }
    expect(alarms / 300).toBeLessThan(0.12);
    expect(() => resampleBlocks({ ...common, blocks: blocks.slice(0, 1) })).toThrow(RangeError);
  });
});
