import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import { profileOf } from './profile.ts';

const ROWS = 1_200_000;

describe('the profile of more numbers than are sorted whole', () => {
  let ground: TestGround;
  let part: string;

  beforeAll(async () => {
    ground = await testGround('sqlite');
    const { outputs } = await ground.analytics.run({
      outputs: {
        part: `select i, (hash(i) % 1000003)::double / 1000003 as u, pow((hash(i + 7) % 1000003)::double / 1000003, 4) as skewed
          from range(${ROWS}) r(i)`,
      },
    });
    part = outputs.part.digest;
  });
  afterAll(() => ground.end());

  it('is the same every time, and near the truth', async () => {
    const profiles = [];
    for (let i = 0; i < 3; i++) profiles.push(await profileOf(ground.analytics, [part], new Map()));
    const [first, ...others] = profiles.map(({ columns }) =>
      columns.map(({ name, quantiles, histogram }) => ({ name, quantiles, histogram })),
    );
    for (const other of others) expect(other).toEqual(first);

    const [i, u, skewed] = profiles[0]?.columns ?? [];
    expect(i).toMatchObject({ min: 0, max: ROWS - 1, count: ROWS });
    for (const [share, name] of [
      [0.05, 'p5'],
      [0.5, 'p50'],
      [0.95, 'p95'],
    ] as const) {
      expect(Math.abs((u?.quantiles?.[name] ?? 0) - share)).toBeLessThan(0.01);
      expect(Math.abs((skewed?.quantiles?.[name] ?? 0) - share ** 4)).toBeLessThan(0.02);
    }
    const counts = u?.histogram?.counts ?? [];
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(ROWS);
    for (const n of counts.slice(1, -1)) expect(Math.abs(n / (ROWS / 30) - 1)).toBeLessThan(0.13);
  });
});
