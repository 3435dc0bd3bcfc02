import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { Arm, Endpoint, TrafficRevision } from '../schema/control.ts';
import { callForms, endpointsLead, isTime, numberOf, partOf, wayBackOf } from './serving-words.ts';

const arm = (version: number, change: Partial<Arm> = {}): Arm => ({
  deployment: version,
  model: 'flight-delay',
  version,
  arm: 'champion',
  weight: 1,
  shadow: false,
  ...change,
});
const revision = (number: number, version: number, state: TrafficRevision['state']): TrafficRevision => ({
  revision: number,
  arms: [arm(version)],
  cause: { kind: 'deploy', by: 'ana', note: '', of: null },
  state,
  error: null,
  created_at: number,
});

it('goes back to the newest other champion that was live, not to a failed change', () => {
  const history = [
    revision(1, 1, 'superseded'),
    revision(2, 2, 'superseded'),
    revision(3, 4, 'failed'),
    revision(4, 3, 'superseded'),
    revision(5, 3, 'live'),
  ];
  expect(wayBackOf([arm(3)], history)).toEqual({ deployment: 2, model: 'flight-delay', version: 2 });
  expect(wayBackOf([arm(1)], history.slice(0, 1))).toBeUndefined();
});

it('first ends a candidate that answers somebody; a shadow is no reason', () => {
  const candidate = arm(3, { arm: 'candidate', weight: 0.1 });
  expect(wayBackOf([arm(2, { weight: 0.9 }), candidate], [])).toMatchObject({ version: 2, stops: 3 });
  expect(wayBackOf([arm(2), { ...candidate, weight: 0, shadow: true }], [])).toBeUndefined();
});

it('counts what answers and names where a candidate is tried', () => {
  const endpoint = { name: 'flight-delay', arms: [arm(2)], predictions: 1 } as Endpoint;
  const text = (list: Endpoint[]) => lead(...endpointsLead('p', list)).text;
  expect(text([endpoint])).toBe(
    '1 endpoint of 1 answers; 1 prediction is logged. No candidate is being tried.',
  );
  expect(
    text([
      {
        ...endpoint,
        arms: [arm(2), arm(3, { arm: 'candidate', weight: 0, shadow: true })],
        predictions: 1200,
      },
      { ...endpoint, name: 'x', arms: [], predictions: 0 },
    ]),
  ).toBe('1 endpoint of 2 answers; 1,200 predictions are logged. A candidate is tried at flight-delay.');
});

it('writes calls that survive quotes and the literals of each language', () => {
  const forms = callForms('http://h/invocations', { name: "O'Hare true", late: true, gate: null });
  const text = (label: string) => forms.find((form) => form.label === label)?.text ?? '';
  expect(text('curl')).toContain(String.raw`O'\''Hare true`);
  expect(text('Python')).toContain('"late": True');
  expect(text('Python')).toContain('"gate": None');
  expect(text('Python')).toContain(`"O'Hare true"`);
  expect(text('TypeScript')).toContain('"late": true');
});

it('reads a logged row by its prefixes, and 64-bit numbers that come as text', () => {
  const row = { 'request.hour': '8', 'feature.late_share_3h': 0.27, output: 0.31 };
  expect(partOf(row, 'request')).toEqual({ hour: '8' });
  expect(partOf(row, 'feature')).toEqual({ late_share_3h: 0.27 });
  expect(numberOf('991958400000')).toBe(991958400000);
  expect(numberOf(null)).toBeNull();
  expect(numberOf('ORD')).toBeNull();
});

it('takes a column for a time by its name and its size together', () => {
  expect(isTime('departed_at', '993973260000')).toBe(true);
  expect(isTime('date', 993937260000)).toBe(true);
  expect(isTime('date', 20010701)).toBe(false);
  expect(isTime('distance', 993937260000)).toBe(false);
  expect(isTime('format', 993937260000)).toBe(false);
});
