import { describe, expect, it } from 'vitest';
import { lead } from '../../lib/lead.ts';
import { ProjectFile } from '../../domains/projects/schema.ts';
import type { LoopFacts } from './facts.ts';
import { eventSentence, isNews } from './event-sentence.ts';
import { overviewLead } from './overview-lead.ts';
import { stationsOf } from './stations.ts';
import { turnsOf } from './turns.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const file = ProjectFile.parse({
  project: 'flights',
  environments: [{ name: 'dev' }, { name: 'prod', protected: true, after: 'dev' }],
});
const EMPTY: LoopFacts = {
  project: {
    name: 'flights',
    title: 'Flights',
    description: null,
    revision: 1,
    charter: null,
    environments: file.environments,
    protected_aliases: {},
    created_at: 0,
    updated_at: 0,
  },
  datasets: [],
  views: [],
  runs: { total: 0, running: 0, newest: null },
  versions: [],
  pipelineRuns: [],
  promotions: [],
  approvals: [],
  endpoints: [],
  rollouts: [],
  monitors: [],
  alerts: [],
  rules: [],
};
const facts = (change: object): LoopFacts => ({ ...EMPTY, ...change });
const run = (number: number, state: string, at: number) => ({
  id: `r${number}`,
  number,
  pipeline: 'train',
  state,
  reason: { by: 'ana', text: '', kind: 'manual', cause: null },
  created_at: at,
  ended_at: state === 'running' ? null : at + 1000,
});
const promotion = (id: number, change: object) => ({
  id,
  model: 'm',
  version: id,
  environment: 'prod',
  state: 'done',
  next: [],
  rollout: null,
  gates: [],
  created_at: 0,
  ended_at: null,
  ...change,
});

describe('stations', () => {
  it('call everything not set up where nothing exists', () => {
    const stations = stationsOf(EMPTY, NOW);
    expect(new Set(Object.values(stations).map((station) => station.state))).toEqual(new Set(['not-set-up']));
  });

  it('put a broken loop, a person and a running step in their places', () => {
    const stations = stationsOf(
      facts({
        pipelineRuns: [run(1, 'failed', NOW - 5000)],
        approvals: [{ id: 4, state: 'open', created_at: NOW - 60_000 }],
        rollouts: [{ candidate: 3, state: 'canary', stage_event_time: 1, ended_event_time: null }],
        monitors: [{ state: 'Alert', last: {} }],
        alerts: [{ state: 'firing', monitor: 'skill', opened_event_time: 9 }],
        endpoints: [{ arms: [], predictions: 0 }],
      }),
      NOW,
    );
    expect(stations.Pipeline).toMatchObject({ state: 'broken', blocks: true });
    expect(stations.Release).toMatchObject({ state: 'needs-you', fact: 'asked 1 min ago' });
    expect(stations['A/B']).toMatchObject({ state: 'running', fact: 'v3, canary' });
    expect(stations.Monitor).toMatchObject({ state: 'broken', since: { at: 9, clock: 'event' } });
    expect(stations.Serve.state).toBe('no-data');
  });

  it('do not call an alert that was resolved broken, nor a monitor without a window healthy', () => {
    const blind = facts({
      monitors: [{ state: 'No data', last: null }],
      alerts: [{ state: 'resolved', monitor: 'skill' }],
    });
    expect(stationsOf(blind, NOW).Monitor.state).toBe('no-data');
  });
});

describe('turns', () => {
  const end = (state: string, change: object = {}, more: object = {}) =>
    turnsOf(
      facts({
        pipelineRuns: [run(1, 'done', 10)],
        promotions: [promotion(1, { created_at: 20, state, ...change })],
        ...more,
      }),
    )[0];

  it('end where their last promotion ended', () => {
    expect(end('done')).toMatchObject({ outcome: 'promoted', reached: 'Retrain', version: 'm v1' });
    expect(end('done', { environment: 'dev', next: ['prod'] })).toMatchObject({
      outcome: 'running',
      reached: 'Release',
    });
    expect(end('rolling')).toMatchObject({ outcome: 'running', reached: 'A/B' });
    expect(end('refused')).toMatchObject({ outcome: 'rejected', reached: 'Release' });
    const tried = (verdict: string) =>
      end('refused', { rollout: 5 }, { rollouts: [{ id: 5, verdict, looks: [] }] });
    expect(tried('roll_back')).toMatchObject({ outcome: 'rolled-back', reached: 'A/B', rollout: 5 });
    expect(tried('inconclusive')).toMatchObject({ outcome: 'inconclusive', reached: 'A/B' });
  });

  it('say what they changed by their strongest record, or why nobody knows', () => {
    const gate = (name: string, value: number | null) => ({
      name,
      value,
      low: value && value - 0.01,
      high: value && value + 0.01,
    });
    const gates = [gate('order', null), gate('baseline', 0.05), gate('champion', 0.02)];
    const look = (stage: string, gain: number) => ({ stage, n: 70, gain, low: gain - 0.1, high: gain + 0.1 });
    const rollouts = [
      { id: 5, champion: 1, plan: { loss: 'brier' }, looks: [look('shadow', 0.4), look('canary', 0.9)] },
    ];
    const change = (promoted: object, more = {}) => end('done', { gates: [], ...promoted }, more)?.change;
    expect(change({ gates, rollout: 5 }, { rollouts })).toMatchObject({
      gain: 0.4,
      n: 70,
      metric: 'brier',
      against: 'v1',
      measured: { on: 'live', rollout: 5 },
    });
    expect(change({ gates })).toMatchObject({ gain: 0.02, against: 'the champion' });
    expect(change({ gates: gates.slice(0, 2) })).toMatchObject({ gain: 0.05, against: 'the baseline' });
    expect(change({})).toEqual({ none: 'no evaluation' });
    expect(turnsOf(facts({ pipelineRuns: [run(1, 'failed', 10)] }))[0]?.change).toEqual({
      none: 'nothing promoted',
    });
  });

  it('own only the promotions that were asked for before the next run began', () => {
    const turns = turnsOf(
      facts({
        pipelineRuns: [run(2, 'running', 100), run(1, 'failed', 10)],
        promotions: [promotion(1, { created_at: 120, state: 'rolling' })],
      }),
    );
    expect(turns.map((turn) => [turn.number, turn.outcome, turn.version])).toEqual([
      [1, 'rejected', undefined],
      [2, 'running', 'm v1'],
    ]);
  });
});

it('take no turn from a pipeline that never led to a promotion', () => {
  const turns = turnsOf(
    facts({
      pipelineRuns: [{ ...run(3, 'done', 200), pipeline: 'reproduce' }, run(1, 'done', 10)],
      promotions: [promotion(1, { created_at: 20 })],
    }),
  );
  expect(turns.map((turn) => [turn.pipeline, turn.outcome])).toEqual([['train', 'promoted']]);
});

describe('words', () => {
  it('lead with who answers and how well, then what waits', () => {
    const live = facts({
      endpoints: [
        { name: 'm', environment: 'prod', arms: [{ arm: 'champion', model: 'm', version: 2, weight: 0.9 }] },
      ],
      monitors: [
        {
          spec: { kind: 'quality', endpoint: 'm' },
          last: { value: 0.0416, low: 0.0355, high: 0.0477, labelled: 900, start: 0, end: 1, detail: {} },
        },
      ],
      alerts: [{ state: 'firing' }],
      approvals: [{ state: 'open' }, { state: 'open' }],
    });
    expect(lead(...overviewLead(live)).text).toBe(
      'm v2 answers 90% of prod. Its skill is 0.0416 (0.0355 to 0.0477). 1 alert is open and 2 approvals wait for you.',
    );
    expect(lead(...overviewLead(EMPTY)).text).toContain('Nothing answers in prod yet.');
  });

  it('tell a fact as a sentence, and a strange one by its name', () => {
    expect(
      eventSentence({
        type: 'dataset.version.created',
        subject: 's',
        data: { dataset: 'flights', version: 6 },
      }),
    ).toBe('flights v6 was imported.');
    const commit = 'e6e871a6c40ccf852d2ab49f6ff12a5eed5f9c52';
    expect(eventSentence({ type: 'x.reported', subject: `rondo:commit:${commit}`, data: null })).toBe(
      'commit e6e871a6: reported.',
    );
    expect(eventSentence({ type: 'thing.turned.blue', subject: 'rondo:rule:a%20b', data: null })).toBe(
      'rule a b: blue.',
    );
  });

  it('keep windows that are fine out of the news', () => {
    expect(isNews({ type: 'window.closed', data: { state: 'healthy' } })).toBe(false);
    expect(isNews({ type: 'window.closed', data: { state: 'breach' } })).toBe(true);
    expect(isNews({ type: 'step.run.ended', data: {} })).toBe(false);
  });
});
