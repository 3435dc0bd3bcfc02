import { expect, it } from 'vitest';
import { Environment } from '../../projects/schema.ts';
import type { Arm, Endpoint } from '../../serving/schema/control.ts';
import type { Gate, Promotion } from '../schema.ts';
import { gateLines, gatesText, releasesLead, stopsOf } from './release-words.ts';

const gate = (name: Gate['name'], state: Gate['state'], change: Partial<Gate> = {}): Gate => ({
  name,
  state,
  sentence: '',
  value: null,
  low: null,
  high: null,
  limit: null,
  proof: null,
  ...change,
});
const environments = [
  Environment.parse({ name: 'dev' }),
  Environment.parse({ name: 'prod', protected: true }),
];
const champion: Arm = {
  deployment: 1,
  model: 'flight-delay',
  version: 2,
  arm: 'champion',
  weight: 1,
  shadow: false,
};
const endpoint = { name: 'flight-delay', environment: 'prod', arms: [champion] } as Endpoint;
const promotion = (change: Partial<Promotion>) =>
  ({ id: 1, environment: 'prod', version: 3, state: 'waiting', ...change }) as Promotion;

it('finds who answers in each environment and the newest promotion into it', () => {
  const stops = stopsOf(environments, [endpoint], [promotion({ id: 4 }), promotion({ id: 9 })]);
  expect(
    stops.map((stop) => [stop.environment.name, stop.endpoints[0]?.champion.version, stop.newest?.id]),
  ).toEqual([
    ['dev', undefined, undefined],
    ['prod', 2, 9],
  ]);
});

it('leads with what the last environment has and what waits for it', () => {
  const stops = stopsOf(environments, [endpoint], []);
  expect(releasesLead(stops, [promotion({})])[0]?.text).toBe(
    'prod has flight-delay v2. v3 waits for people for prod.',
  );
  expect(releasesLead(stops, [promotion({ state: 'done' })])[0]?.text).toBe(
    'prod has flight-delay v2. Nothing is on its way.',
  );
  expect(releasesLead(stopsOf(environments, [], []), [])[0]?.text).toContain('Nothing answers in prod yet.');
});

it('counts gates without those that do not apply', () => {
  const gates = [
    gate('order', 'skipped'),
    gate('checks', 'passed'),
    gate('baseline', 'failed', { value: 0.01, low: 0, high: 0.02 }),
  ];
  expect(gatesText(gates)).toBe('1 of 2 passed, 1 skipped');
  expect(gatesText([])).toBeNull();
  expect(gateLines('p', gates)[2]).toMatchObject({ word: 'Failed', value: 0.01, interval: [0, 0.02] });
  expect(gateLines('p', gates)[1]?.interval).toBeUndefined();
});
