import { describe, expect, it } from 'vitest';
import type { Moments } from '../../lib/statistics/moments.ts';
import {
  dayClustered,
  isWorthKeeping,
  lookAtCanary,
  lookAtShadow,
  planRollout,
  type Prove,
  type StageRows,
} from './decision.ts';
import { type Planned, plannedPart } from './schema/proofs.ts';

const DAY = 86_400_000;
const START = Date.UTC(2001, 5, 1);
const SD = 0.1;
const prove: Prove = Object.assign(
  (definition: string) => ({ definition, query: 'GET /api/v1/projects/p/rollouts/1' }),
  { planned: (of: Planned) => plannedPart({ id: 1, project: 'p', plan: PLAN }, of) },
);

/** 20,000 labelled rows a day settle a gain of 0.002 within the 60 days of the horizon. */
const PLAN = planRollout(
  { loss: 'log_loss', effect: 0.002, sd: SD, horizon_ms: 60 * DAY, margin: 0.005 },
  20_000 / DAY,
);

const differences = (n: number, mean: number, sd = SD): Moments => ({
  n,
  mean,
  m2: sd ** 2 * Math.max(0, n - 1),
});

const stage = (change: Partial<StageRows> = {}): StageRows => ({
  through: START + DAY,
  differences: differences(10_000, 0),
  rows: change.differences?.n ?? 10_000,
  days: 28,
  championLoss: 0.44,
  candidateLoss: 0.44,
  answers: { champion: 90_000, candidate: 10_000 },
  errors: { champion: 0, candidate: 0 },
  p99: { champion: 3, candidate: 3.2 },
  ...change,
});

describe('plan', () => {
  it('can decide when the horizon gives the rows, and says so when it does not', () => {
    expect(PLAN.can_decide).toBe(true);
    expect(PLAN.horizon_rows).toBe(1_200_000);
    expect(PLAN.rows_needed).toBeLessThan(PLAN.horizon_rows);
    const poor = planRollout({ loss: 'log_loss', effect: 0.002, sd: SD, horizon_ms: DAY }, 100 / DAY);
    expect(poor).toMatchObject({ can_decide: false, horizon_rows: 100 });
    expect(poor.rows_needed).toBe(PLAN.rows_needed);
  });

  it('needs four times the rows for half the effect', () => {
    const half = planRollout({ loss: 'log_loss', effect: 0.001, sd: SD, horizon_ms: 60 * DAY }, 1);
    expect(half.rows_needed / PLAN.rows_needed).toBeCloseTo(4, 2);
  });

  it('has no rows to hope for at an endpoint without truth', () => {
    const blind = planRollout({ loss: 'brier', effect: 0.01, sd: SD, horizon_ms: DAY }, 0);
    expect(blind).toMatchObject({ can_decide: false, horizon_rows: 0 });
  });
});

describe('days as clusters', () => {
  const day = (n: number, mean: number) => ({ n, sum: n * mean, squares: n * (SD ** 2 + mean ** 2) });

  it('counts rows as they are when days do not differ more than chance explains', () => {
    const moments = dayClustered(Array.from({ length: 20 }, () => day(1000, 0.002)));
    expect(moments.n).toBe(20_000);
    expect(moments.mean).toBeCloseTo(0.002, 10);
  });

  it('counts far fewer when whole days rise and fall together', () => {
    const moments = dayClustered(
      Array.from({ length: 20 }, (_, i) => day(1000, i % 2 === 0 ? 0.02 : -0.016)),
    );
    expect(moments.mean).toBeCloseTo(0.002, 10);
    const standardError = Math.sqrt(moments.m2 / (moments.n - 1) / moments.n);
    expect(standardError).toBeCloseTo(0.018 / Math.sqrt(19), 4);
    expect(moments.n).toBeLessThan(1000);
  });

  it('decides nothing before a week of days was seen', () => {
    const sure = stage({ differences: differences(200_000, 0.02), days: 6 });
    expect(lookAtShadow(PLAN, sure, START, prove).decision).toBe('keep_going');
    expect(lookAtShadow(PLAN, { ...sure, days: 7 }, START, prove).decision).toBe('to_canary');
    expect(dayClustered([day(1000, 0.1)]).n).toBe(1);
  });
});

describe('shadow', () => {
  it('goes on to the canary once the whole interval is above 0', () => {
    const look = lookAtShadow(PLAN, stage({ differences: differences(200_000, 0.004) }), START, prove);
    expect(look.decision).toBe('to_canary');
    expect(look.low).toBeGreaterThan(0);
    expect(look.sentence).toMatch(/^Better: .* 10% of the traffic\.$/);
  });

  it('rolls back once the whole interval is below 0', () => {
    const look = lookAtShadow(PLAN, stage({ differences: differences(200_000, -0.004) }), START, prove);
    expect(look.decision).toBe('roll_back');
    expect(look.high).toBeLessThan(0);
    expect(look.sentence).toContain('The champion stays.');
  });

  it('keeps going while 0 is inside, and says how many rows are missing', () => {
    const look = lookAtShadow(PLAN, stage({ differences: differences(10_000, 0.002) }), START, prove);
    expect(look.decision).toBe('keep_going');
    expect(look.low).toBeLessThan(0);
    expect(look.sentence).toContain((PLAN.rows_needed - 10_000).toLocaleString('en-US'));
  });

  it('never promotes at the horizon: 0 inside is inconclusive, by time and by rows', () => {
    const byTime = stage({ through: START + 60 * DAY });
    expect(lookAtShadow(PLAN, byTime, START, prove).decision).toBe('inconclusive');
    const byRows = stage({ differences: differences(PLAN.horizon_rows, 0.00001) });
    const look = lookAtShadow(PLAN, byRows, START, prove);
    expect(look.decision).toBe('inconclusive');
    expect(look.sentence).toMatch(/^Inconclusive\. .* The champion stays\.$/);
  });

  it('knows nothing from no rows, and keeps the bounds empty instead of infinite', () => {
    const look = lookAtShadow(PLAN, stage({ differences: differences(0, 0) }), START, prove);
    expect(look).toMatchObject({ decision: 'keep_going', n: 0, low: null, high: null });
  });
});

describe('canary', () => {
  const END = { through: START + 7 * DAY };

  it('promotes at the end of its window when every guardrail held', () => {
    const look = lookAtCanary(PLAN, stage({ ...END, differences: differences(50_000, 0.002) }), START, prove);
    expect(look.decision).toBe('promote');
    expect(look.guardrails.map((each) => [each.name, each.holds])).toEqual([
      ['errors', true],
      ['latency', true],
      ['non-inferiority', true],
    ]);
    expect(look.split).toMatchObject({ champion: 90_000, candidate: 10_000, expected: 0.1, mismatch: false });
  });

  it('keeps going before the end of its window', () => {
    expect(lookAtCanary(PLAN, stage({ through: START + 7 * DAY - 1 }), START, prove).decision).toBe(
      'keep_going',
    );
  });

  it('gives no verdict when the split is not what was asked, whatever the gain', () => {
    const seen = stage({
      ...END,
      answers: { champion: 88_000, candidate: 12_000 },
      differences: differences(50_000, 0.01),
    });
    const look = lookAtCanary(PLAN, seen, START, prove);
    expect(look.decision).toBe('no_verdict');
    expect(look.split?.mismatch).toBe(true);
    expect(look.sentence).toContain('12% where 10% was asked');
  });

  it.each([
    ['errors', { errors: { champion: 9, candidate: 40 } }],
    ['latency', { p99: { champion: 3, candidate: 400 } }],
    ['non-inferiority', { differences: differences(200_000, -0.01) }],
  ] as const)('rolls back at once when %s is broken', (name, change) => {
    const look = lookAtCanary(PLAN, stage(change), START, prove);
    expect(look.decision).toBe('roll_back');
    expect(look.guardrails.filter((each) => !each.holds).map((each) => each.name)).toEqual([name]);
    expect(look.sentence).toBe(`Roll back. ${look.guardrails.find((each) => !each.holds)?.sentence}`);
  });

  it('bears a few errors: one failed request is no evidence of twice the rate', () => {
    const look = lookAtCanary(PLAN, stage({ errors: { champion: 3, candidate: 1 } }), START, prove);
    expect(look.decision).toBe('keep_going');
  });

  it('is inconclusive without truth, and does not call an unknown latency broken', () => {
    const seen = stage({ ...END, differences: differences(0, 0), p99: { champion: null, candidate: null } });
    expect(lookAtCanary(PLAN, seen, START, prove).decision).toBe('inconclusive');
  });

  it('says nothing about a split that nobody was sent through', () => {
    const look = lookAtCanary(PLAN, stage({ answers: { champion: 0, candidate: 0 } }), START, prove);
    expect(look.split).toMatchObject({ p: null, mismatch: false });
    expect(look.decision).toBe('keep_going');
  });
});

describe('looks that decide nothing', () => {
  const kept = (stage: 'shadow' | 'canary', before: number[], through: number) =>
    isWorthKeeping({ plan: PLAN, looks: before.map((at) => ({ stage, through: at })) }, { stage, through });

  it('are kept a two hundredth of their stage apart', () => {
    expect(kept('shadow', [], START)).toBe(true);
    expect(kept('shadow', [START], START + 15_000)).toBe(false);
    expect(kept('shadow', [START], START + PLAN.horizon_ms / 200)).toBe(true);
    expect(kept('canary', [START], START + PLAN.canary.window_ms / 200 - 1)).toBe(false);
  });

  it('begin anew with the canary', () => {
    const looks = [{ stage: 'shadow' as const, through: START }];
    expect(isWorthKeeping({ plan: PLAN, looks }, { stage: 'canary', through: START + 1 })).toBe(true);
  });
});
