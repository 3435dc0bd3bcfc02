import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askGuards, type GuardFacts, guardTime, LONGEST_CHAIN } from './guards.ts';
import { nextDue, dueTimes } from './schedule.ts';
import { Rule } from './schema/rule.ts';

const HOUR = 3_600_000;
const rule = (guard: object) =>
  Rule.parse({ name: 'r', when: { event: 'x.y' }, do: [{ action: 'notify', text: 't' }], guard });
const facts = (over: Partial<GuardFacts> = {}): GuardFacts => ({
  at: 1_000_000 * HOUR,
  acted: [],
  inFlight: [],
  checks: 'unknown',
  depth: 0,
  ...over,
});
const ago = (...hours: number[]) => hours.map((each) => 1_000_000 * HOUR - each * HOUR);

describe('guards', () => {
  it.each([
    [{ cooldown: '6h' }, {}, true, 'no firing before, at least 6h'],
    [{ cooldown: '6h' }, { acted: ago(5.5, 30) }, false, '5 h 30 min from the last firing, at least 6h'],
    [{ cooldown: '6h' }, { acted: ago(6) }, true, '6 h from the last firing, at least 6h'],
    [{ cooldown: '6h' }, { acted: ago(-2) }, false, '2 h from the last firing, at least 6h'],
    [{ max_per_day: 2 }, { acted: ago(1, 25) }, true, '1 of 2 used within 24 h'],
    [{ max_per_day: 2 }, { acted: ago(1, 23) }, false, '2 of 2 used within 24 h'],
    [{ budget: { runs: 1, per: '7d' } }, { acted: ago(100) }, false, '1 of 1 used within 7d'],
    [
      { single_flight: true },
      { inFlight: ['rondo:pipeline-run:9'] },
      false,
      'rondo:pipeline-run:9 still runs',
    ],
    [{ single_flight: 'k' }, {}, true, 'nothing of it runs'],
    [
      { veto: { while_failed_checks: 'd' } },
      { checks: 'failed' as const },
      false,
      'the latest checks of d failed',
    ],
    [
      { veto: { while_failed_checks: 'd' } },
      { checks: 'unknown' as const },
      true,
      'd has no finished checks',
    ],
    [{}, { depth: LONGEST_CHAIN }, false, 'link 6 of a chain of firings, at most 5'],
  ])('%j with %j', (guard, over, passed, why) => {
    expect(askGuards(rule(guard), facts(over))).toEqual([expect.objectContaining({ passed, why })]);
  });

  it('say nothing when the rule has none', () => {
    expect(askGuards(rule({}), facts({ acted: ago(0), inFlight: ['x'], checks: 'failed' }))).toEqual([]);
  });

  it('never let more through within a day than the cap, whatever the order of events', () => {
    const times = fc.array(fc.integer({ min: 0, max: 100 * HOUR }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 4 }), (events, cap) => {
        const acted: number[] = [];
        for (const at of events) {
          const answers = askGuards(rule({ max_per_day: cap, cooldown: '1h' }), facts({ at, acted }));
          if (answers.every((answer) => answer.passed)) acted.push(at);
        }
        const sorted = acted.toSorted((a, b) => a - b);
        for (const [index, at] of sorted.entries()) {
          const next = sorted[index + 1];
          if (next !== undefined) expect(next - at).toBeGreaterThanOrEqual(HOUR);
          expect(sorted.filter((other) => other >= at && other < at + 24 * HOUR).length).toBeLessThanOrEqual(
            cap,
          );
        }
      }),
    );
  });
});

describe('clocks', () => {
  it('take the event time of the data, the wall clock without one or when told to', () => {
    const event = { time: 50, data: { event_time: '2001-06-08T00:00:00Z' } };
    expect(guardTime(rule({}), event)).toBe(Date.UTC(2001, 5, 8));
    expect(guardTime(rule({}), { time: 50, data: { event_time: 42 } })).toBe(42);
    expect(guardTime(rule({}), { time: 50, data: { event_time: 'soon' } })).toBe(50);
    expect(guardTime(rule({ clock: 'wall' }), event)).toBe(50);
  });

  it('keep a schedule to its zone across the change to summer time', () => {
    const due = dueTimes('30 8 * * *', 'Europe/Berlin', Date.UTC(2026, 2, 28), Date.UTC(2026, 2, 31), 10);
    expect(due.map((at) => new Date(at).toISOString())).toEqual([
      '2026-03-28T07:30:00.000Z',
      '2026-03-29T06:30:00.000Z',
      '2026-03-30T06:30:00.000Z',
    ]);
    expect(nextDue('30 8 * * *', 'Europe/Berlin', due[0] as number)).toBe(due[1]);
  });
});
