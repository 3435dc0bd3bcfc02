import { describe, expect, it } from 'vitest';
import { association, MIN_ASSOCIATED } from './association.ts';
import { createRandom } from './random.ts';

describe('association', () => {
  it('is Spearman for numbers, whatever their scale', () => {
    const x = Array.from({ length: 12 }, (_, at) => at);
    expect(
      association(
        x,
        x.map((value) => Math.exp(value)),
      ),
    ).toMatchObject({
      method: 'rank-correlation',
      strength: 1,
      direction: 'up',
      n: 12,
    });
    expect(
      association(
        x,
        x.map((value) => -(value ** 3)),
      ),
    ).toMatchObject({ strength: 1, direction: 'down' });
    const a = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110];
    const b = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17];
    // The textbook example: rho = -29/165.
    expect(association(a, b)).toMatchObject({ direction: 'down' });
    expect(association(a, b)?.strength).toBeCloseTo(29 / 165, 12);
  });

  it('is the correlation ratio of ranks for categories', () => {
    const kinds = ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 'b', 'b'];
    const split = association(
      kinds,
      kinds.map((kind, at) => (kind === 'a' ? at : 100 + at)),
    );
    // Ranks 1 to 6 and 7 to 12: 12 · 3² between, 143 in all.
    expect(split).toMatchObject({ method: 'correlation-ratio', direction: undefined, n: 12 });
    expect(split?.strength).toBeCloseTo(Math.sqrt(108 / 143), 12);
    expect(split?.chance).toBeLessThan(split?.strength ?? 0);
  });

  it('leaves out rows without both, and says nothing of few rows or of what does not vary', () => {
    const x = Array.from({ length: MIN_ASSOCIATED + 1 }, (_, at) => at);
    expect(association([null, ...x.slice(1)], x)?.n).toBe(MIN_ASSOCIATED);
    expect(association([null, null, ...x.slice(2)], x)).toBeUndefined();
    expect(
      association(
        x.map(() => 3),
        x,
      ),
    ).toBeUndefined();
    expect(
      association(
        x,
        x.map(() => 3),
      ),
    ).toBeUndefined();
    expect(association(x, [Number.NaN, Number.NaN, ...x.slice(2)])).toBeUndefined();
  });

  it('exceeds what chance reaches in about 1 of 20 columns of noise', () => {
    const random = createRandom('noise');
    let beyond = 0;
    for (let column = 0; column < 400; column++) {
      const goal = Array.from({ length: 20 }, random);
      const found = association(Array.from({ length: 20 }, random), goal, String(column));
      if (found && found.strength > found.chance) beyond++;
    }
    // Binomial(400, 0.05): 20, and beyond these bounds once in thousands of seeds.
    expect(beyond).toBeGreaterThan(6);
    expect(beyond).toBeLessThan(38);
  });
});
