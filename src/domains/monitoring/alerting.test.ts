import { describe, expect, it } from 'vitest';
import { alertMove } from './alerting.ts';
import { driftOf } from './drift.ts';
import { windowLead } from './lead.ts';
import { MonitorSpec, type MonitorWindow, windowStart } from './schema.ts';

const spec = MonitorSpec.parse({
  kind: 'quality',
  name: 'skill',
  endpoint: 'late',
  breaches: { of: 2, in: 3 },
  limit: { kind: 'below', value: 0.05 },
});
const window = (state: MonitorWindow['state'], over: Partial<MonitorWindow> = {}): MonitorWindow => ({
  start: Date.UTC(2001, 1, 5),
  end: Date.UTC(2001, 1, 12),
  state,
  value: 0.0482,
  low: 0.0421,
  high: 0.0543,
  limit: 0.05,
  n: 1000,
  labelled: 900,
  detail: {},
  computed_at: 0,
  ...over,
});
const windows = (states: MonitorWindow['state'][]) => states.map((state) => window(state));

describe('alerts', () => {
  it('open at m of n breaches, newest first, and only when the newest is one', () => {
    expect(alertMove(spec, windows(['breach']), false)).toBeUndefined();
    expect(alertMove(spec, windows(['breach', 'healthy', 'breach']), false)).toBe('open');
    expect(alertMove(spec, windows(['healthy', 'breach', 'breach']), false)).toBeUndefined();
    expect(alertMove(spec, windows(['breach', 'no_data', 'provisional', 'breach']), false)).toBe('open');
  });

  it('resolve when none of the last n breaches, and not on silence', () => {
    expect(alertMove(spec, windows(['healthy', 'healthy', 'healthy']), true)).toBe('resolve');
    expect(alertMove(spec, windows(['healthy', 'healthy', 'breach']), true)).toBeUndefined();
    expect(alertMove(spec, windows(['no_data', 'no_data', 'no_data']), true)).toBeUndefined();
  });

  it('say what is so with numbers', () => {
    expect(windowLead({ project: 'p', name: 'skill', spec }, window('breach')).text).toBe(
      'Skill is 0.0482 (0.0421 to 0.0543) on 900 labelled rows of 2001-02-05 to 2001-02-11, under the limit 0.05.',
    );
    expect(windowLead({ project: 'p', name: 'skill', spec }, window('no_data', { n: 3 })).text).toBe(
      'No data from 2001-02-05 to 2001-02-11: 3 rows, 200 needed.',
    );
    expect(
      windowLead({ project: 'p', name: 'skill', spec }, window('provisional', { labelled: 500 })).text,
    ).toContain('provisional: 50% labelled');
  });

  it('begin their weeks on Mondays', () => {
    expect(new Date(windowStart(Date.UTC(2001, 1, 7, 13), spec)).toISOString()).toBe(
      '2001-02-05T00:00:00.000Z',
    );
    expect(windowStart(Date.UTC(2001, 1, 5), spec)).toBe(Date.UTC(2001, 1, 5));
  });
});

describe('drift', () => {
  const edges = { x: [1, 2, 3] };
  const day = (counts: number[]) => ({ counts, missing: 0 });
  const reference = {
    x: Array.from({ length: 20 }, (_, i) => day([100 + (i % 5), 200, 200 - (i % 7), 100])),
  };

  it('finds a shift and leaves what only differs as days do', () => {
    const same = driftOf({
      edges,
      reference,
      current: { x: [day([700, 1400, 1390, 705])] },
      falseAlarms: 0.01,
      seed: 's',
    });
    expect(same[0]).toMatchObject({ shifted: false, feature: 'x' });
    const moved = driftOf({
      edges,
      reference,
      current: { x: [day([200, 900, 1900, 1200])] },
      falseAlarms: 0.01,
      seed: 's',
    });
    expect(moved[0]?.shifted).toBe(true);
    expect(moved[0]?.current.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  });

  it('says nothing without rows', () => {
    expect(driftOf({ edges, reference, current: { x: [] }, falseAlarms: 0.01, seed: 's' })[0]).toMatchObject({
      distance: null,
      shifted: false,
    });
  });
});
