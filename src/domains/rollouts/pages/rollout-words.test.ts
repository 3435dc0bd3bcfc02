import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import { planRollout } from '../decision.ts';
import type { Look, Rollout } from '../schema.ts';
import { planLead } from '../schema/proofs.ts';
import { laneOf, rolloutsLead, wordsAfter, stageText, verdictWord } from './rollout-words.ts';

const DAY = 86_400_000;
const plan = planRollout({ loss: 'log_loss', effect: 0.003, sd: 0.1, horizon_ms: 35 * DAY }, 1000 / DAY);
const look = (decision: Look['decision'], through: number): Look => ({
  stage: 'shadow',
  through,
  n: 10,
  gain: null,
  low: null,
  high: null,
  champion_loss: null,
  candidate_loss: null,
  split: null,
  guardrails: [],
  decision,
  sentence: decision,
  parts: lead(decision).parts,
  looked_at: 0,
});
const rollout = (change: Partial<Rollout>): Rollout => ({
  id: 4,
  project: 'flights',
  endpoint: 'flight-delay',
  model: 'flight-delay',
  champion: 2,
  candidate: 3,
  plan,
  state: 'shadow',
  verdict: null,
  sentence: '',
  of: null,
  started_event_time: 0,
  stage_event_time: 0,
  ended_event_time: null,
  created_at: 0,
  ended_at: null,
  looks: [],
  ...change,
});

it('gives the verdict in words, and a wrong split is none although it ends as inconclusive', () => {
  expect(verdictWord(rollout({}))).toBe('Not looked at yet');
  expect(verdictWord(rollout({ looks: [look('to_canary', DAY)] }))).toBe('Keep going');
  expect(verdictWord(rollout({ state: 'decided', verdict: 'promote', looks: [look('promote', DAY)] }))).toBe(
    'Promote',
  );
  expect(
    verdictWord(rollout({ state: 'decided', verdict: 'inconclusive', looks: [look('no_verdict', DAY)] })),
  ).toBe('No verdict');
  expect(verdictWord(rollout({ state: 'stopped' }))).toBe('Stopped');
});

it('does not say the word twice', () => {
  const sentence = 'Keep going. The gain may still be 0.';
  const said = { ...look('keep_going', DAY), ...lead(sentence), sentence };
  expect(wordsAfter('Keep going', rollout({ looks: [said], sentence }))).toEqual(
    lead('The gain may still be 0.').parts,
  );
  expect(wordsAfter('Stopped', rollout({ looks: [said], sentence: 'By li.' }))).toEqual(lead('By li.').parts);
  const begun = rollout({});
  const began = planLead(begun);
  expect(wordsAfter('Not looked at yet', { ...begun, sentence: began.text })).toEqual(began.parts);
});

it('tells where it stands in its plan', () => {
  expect(stageText(rollout({ looks: [look('keep_going', 4.5 * DAY)] }))).toBe('shadow, day 4 of at most 35');
  expect(
    stageText(rollout({ state: 'canary', stage_event_time: 4 * DAY, looks: [look('keep_going', 6 * DAY)] })),
  ).toBe('canary 10%, day 2 of 7');
  expect(stageText(rollout({ state: 'stopped' }))).toBe('over');
});

it('puts on the lane what changed the traffic only', () => {
  const lane = laneOf(
    rollout({ looks: [look('keep_going', DAY), look('to_canary', 2 * DAY), look('roll_back', 3 * DAY)] }),
  );
  expect(lane.map((event) => [event.shape, event.at])).toEqual([
    ['up', 0],
    ['up', 2 * DAY],
    ['down', 3 * DAY],
  ]);
});

it('counts how rollouts ended', () => {
  const text = lead(
    ...rolloutsLead('p', [rollout({}), rollout({ state: 'decided', verdict: 'promote' })]),
  ).text;
  expect(text).toBe(
    'flight-delay v3 is being tried. Of 1 decided rollout, 1 promoted, 0 rolled back, 0 stayed open.',
  );
});
