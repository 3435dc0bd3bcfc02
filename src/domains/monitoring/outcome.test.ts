import { describe, expect, it } from 'vitest';
import { urn } from '../../lib/urn.ts';
import { type AlertRecords, outcomeOf } from './outcome.ts';

const open = {
  state: 'firing' as const,
  opened_event_time: 100,
  closed_event_time: null,
  opened_at: 1000,
  closed_at: null,
  marked: null,
  marked_by: null,
};
const resolved = { ...open, state: 'resolved' as const, closed_event_time: 200, closed_at: 2000 };
const nothing: AlertRecords = { tests: [], rolledBack: [] };
const test = (started: number, better: boolean | null): AlertRecords => ({
  ...nothing,
  tests: [{ of: urn('rollout', 7), version: 3, started, better }],
});

describe('the outcome of an alert', () => {
  it.each([
    ['is open while nothing was done', 'quality', open, nothing, null],
    ['is false when it resolved by itself', 'quality', resolved, nothing, 'false'],
    [
      'is true when a version proved better whose test began meanwhile',
      'quality',
      resolved,
      test(100, true),
      'true',
    ],
    ['is true already while it is open', 'drift', open, test(150, true), 'true'],
    ['owes nothing to a test that began before it', 'quality', resolved, test(99, true), 'false'],
    ['owes nothing to a test that began after it', 'quality', resolved, test(201, true), 'false'],
    [
      'is true when the endpoint was rolled back meanwhile',
      'quality',
      resolved,
      { ...nothing, rolledBack: [1500] },
      'true',
    ],
    [
      'owes nothing to a roll-back before or after it',
      'quality',
      resolved,
      { ...nothing, rolledBack: [999, 2001] },
      'false',
    ],
    ['waits for a test that goes on', 'quality', resolved, test(100, null), null],
    ['is false when what was tested was no better', 'quality', resolved, test(150, false), 'false'],
    ['stays open while it fires, whatever a test found', 'quality', open, test(150, false), null],
    ['is true of a service, whose every request was measured', 'service', open, nothing, 'true'],
    [
      'is what a person says',
      'service',
      { ...open, marked: 'false' as const, marked_by: 'li' },
      nothing,
      'false',
    ],
    [
      'is what a person says, against the records',
      'quality',
      { ...resolved, marked: 'true' as const, marked_by: 'li' },
      nothing,
      'true',
    ],
  ] as const)('%s', (_, kind, alert, records, alarm) => {
    expect(outcomeOf(kind, alert, records)?.alarm ?? null).toBe(alarm);
  });

  it('names who or what decided', () => {
    expect(outcomeOf('quality', resolved, test(100, true))).toMatchObject({
      by: 'records',
      proof: urn('rollout', 7),
    });
    expect(outcomeOf('quality', { ...open, marked: 'false', marked_by: 'li' }, nothing)).toMatchObject({
      by: 'li',
    });
  });
});
