import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { Alert, Monitor, MonitorWindow } from '../schema.ts';
import { alertLead, laneOf, monitorsLead, outcomeSentence, provisionalFrom } from './monitor-words.ts';

const WEEK = 604_800_000;
const window = (
  index: number,
  state: MonitorWindow['state'],
  versions: Record<string, number>,
): MonitorWindow => ({
  start: index * WEEK,
  end: (index + 1) * WEEK,
  state,
  value: 0.02,
  low: 0.01,
  high: 0.03,
  limit: 0.01,
  n: 100,
  labelled: 100,
  detail: { versions },
  computed_at: 0,
});
const alert = {
  state: 'firing',
  opened_event_time: 2 * WEEK,
  closed_event_time: null,
  sentence: 'under',
  acknowledged_by: null,
} as Alert;

it('marks a deployment where it answers first, but not the one that was there from the beginning', () => {
  const windows = [
    window(2, 'breach', { 1: 10, 2: 90 }),
    window(1, 'healthy', { 1: 100 }),
    window(0, 'healthy', { 1: 100 }),
  ];
  const lane = laneOf(windows, [alert]);
  expect(lane.map((event) => [event.row, event.at])).toEqual([
    ['Traffic', 2 * WEEK],
    ['Alerts', 2 * WEEK],
  ]);
  expect(lane[1]?.until).toBeNull();
});

it('knows from where on numbers may still change', () => {
  expect(provisionalFrom([window(0, 'healthy', {}), window(1, 'provisional', {})])).toBe(1);
  expect(provisionalFrom([window(0, 'healthy', {})])).toBeUndefined();
});

it('says who alerts, who is blind and who looks after it', () => {
  const text = (list: Partial<Monitor>[]) => lead(...monitorsLead('p', list as Monitor[])).text;
  expect(text([{ name: 'quality', state: 'Healthy' }])).toBe('None of 1 monitors alerts.');
  expect(
    text([
      { name: 'quality', state: 'Alert' },
      { name: 'drift', state: 'No data' },
    ]),
  ).toBe('quality alerts; 1 of 2 monitors do not. drift has no data to judge by.');
  expect(alertLead([alert])).toContain('Nobody');
  expect(alertLead([{ ...alert, state: 'acknowledged', acknowledged_by: 'li' }])).toBe(
    ' li looks after the alert.',
  );
  expect(alertLead([{ ...alert, state: 'resolved' }])).toBe('');
});

it('says who or what decides whether an alarm was true', () => {
  const by = { alarm: 'false' as const, why: 'It resolved by itself.', proof: null };
  expect(outcomeSentence({ ...by, by: 'records' })).toBe('A false alarm. It resolved by itself.');
  expect(outcomeSentence({ ...by, alarm: 'true', by: 'li' })).toBe('A true alarm, says li.');
});
