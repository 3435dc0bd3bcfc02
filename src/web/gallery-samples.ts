import type { LaneEvent } from '../ui/event-lane.tsx';
import type { GraphEdge, GraphNode } from '../ui/graph-view.tsx';
import type { LogLine } from '../ui/log-view.tsx';
import type { Proof } from '../ui/proof.ts';
import type { RingState, RingStation } from '../ui/ring-state.ts';
import { STATIONS, type Station } from '../ui/ring-geometry.ts';

const DAY = 86_400_000;
const JUNE = Date.UTC(2001, 4, 20);

/** A repeatable sequence in [0, 1), so that the gallery looks the same each time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

export const proof: Proof = {
  definition:
    'Mean negative log likelihood of the true labels under the probabilities that version 2 answered.',
  formula: '-mean(y log p + (1 - y) log(1 - p))',
  n: 48_210,
  window: '1 Jun to 14 Jun 2001',
  clock: 'event',
  method: '95% bootstrap by day, 2,000 draws',
  inputs: [
    { label: 'predictions', digest: 'sha256:3f2a91c07be84d21aa90' },
    { label: 'feedback', digest: 'sha256:91be4407cd1023fe7710' },
  ],
  rows: { label: '48,210 rows', href: '/kit' },
  query: 'predictions where endpoint = "flight-delay" and event_time >= "2001-06-01"',
};

const noise = sequence(7);
export const days = Array.from({ length: 40 }, (_, i) => JUNE + i * DAY).filter((_, i) => i < 17 || i > 21);
export const quality = days.map((_, i) => 0.424 + 0.0011 * i + (noise() - 0.5) * 0.012);
export const qualityLow = quality.map((value) => value - 0.006);
export const qualityHigh = quality.map((value) => value + 0.006);
export const baseline = days.map((_, i) => 0.455 + 0.0006 * i + (noise() - 0.5) * 0.006);

export const events: LaneEvent[] = [
  { row: 'Data', shape: 'square', at: JUNE + 2 * DAY, label: 'flights version 5' },
  { row: 'Data', shape: 'square', at: JUNE + 24 * DAY, label: 'flights version 6' },
  { row: 'Model', shape: 'diamond', at: JUNE + 3 * DAY, label: 'training of v2' },
  { row: 'Model', shape: 'diamond', at: JUNE + 3.2 * DAY, label: 'training of v2, second run' },
  { row: 'Model', shape: 'diamond', at: JUNE + 35 * DAY, label: 'training of v3' },
  { row: 'Traffic', shape: 'up', at: JUNE + 6 * DAY, label: 'v2 promoted to prod' },
  { row: 'Traffic', shape: 'down', at: JUNE + 13 * DAY, label: 'roll-back to v1' },
  { row: 'Traffic', shape: 'up', at: JUNE + 15 * DAY, label: 'v2 promoted to prod' },
  { row: 'Alerts', shape: 'cross', at: JUNE + 29 * DAY, until: null, label: 'quality alert' },
];

export const steps = Array.from({ length: 150 }, (_, i) => i + 1);
const curve = (seed: number, floor: number, speed: number) => {
  const next = sequence(seed);
  return steps.map((step) => floor + 0.28 * Math.exp(-step / speed) + (next() - 0.5) * 0.008);
};
export const champion = curve(3, 0.421, 22);
export const candidate = curve(11, 0.409, 34).map((value, i) => (i === 90 || i === 91 ? Number.NaN : value));

export const bins = Array.from({ length: 24 }, (_, i) => {
  const bell = (centre: number, width: number) =>
    Math.exp(-(((i - centre) / width) ** 2) / 2) / (width * 2.5066);
  return { low: i * 10, high: i * 10 + 10, reference: bell(8, 3.4), current: bell(10.5, 4.2) };
});

export const carriers = [
  'WN',
  'AA',
  'DL',
  'UA',
  'US',
  'NW',
  'CO',
  'TW',
  'HP',
  'AS',
  'MQ',
  'DH',
  'XE',
  'OO',
].map((name, i) => ({
  name,
  reference: 0.17 * 0.83 ** i,
  current: 0.15 * 0.85 ** i,
}));

export interface SampleRun {
  id: string;
  name: string;
  state: string;
  started: number;
  seconds: number;
  loss: number | null;
  auc: number | null;
  rows: number;
  rate: number;
  depth: number;
  note: string;
  solver: string;
}

const STATES = ['FINISHED', 'FINISHED', 'FINISHED', 'FAILED', 'RUNNING', 'FINISHED', 'KILLED', 'SCHEDULED'];

export function sampleRuns(count: number, now: number): SampleRun[] {
  const next = sequence(42);
  return Array.from({ length: count }, (_, i) => {
    const state = STATES[i % STATES.length] ?? 'FINISHED';
    const done = state === 'FINISHED';
    return {
      id: Math.floor(next() * 2 ** 40)
        .toString(16)
        .padStart(10, '0'),
      name:
        i === 2
          ? 'gbdt with late_share_3h, late_share_24h and mean_delay_at_destination, depth 8, learning rate 0.05'
          : `gbdt-${String(i + 1).padStart(3, '0')}`,
      state,
      started: now - i * 47 * 60_000 - 240_000,
      seconds: 12 + next() * 400,
      loss: done ? 0.41 + next() * 0.05 : null,
      auc: done ? 0.7 + next() * 0.06 : null,
      rows: Math.floor(400_000 + next() * 100_000),
      rate: [0.05, 0.1, 0.02][i % 3] ?? 0.1,
      depth: 4 + (i % 5),
      note: i === 5 ? '\u05d8\u05d9\u05e1\u05d4 <script>alert(1)</script>' : '',
      solver: 'hist',
    };
  });
}

export const graphNodes: GraphNode[] = [
  { id: 'flights', name: 'flights', fact: 'version 5, 501,204 rows', word: 'Reused' },
  { id: 'weather', name: 'weather', fact: 'version 2, 8,700 rows', word: 'Reused' },
  { id: 'check', name: 'check', fact: '14 checks, 2 s', word: 'Passed' },
  { id: 'features', name: 'late shares as of landing', fact: '48 s', word: 'Done' },
  { id: 'baseline', name: 'baseline', fact: '3 s', word: 'Done' },
  { id: 'static', name: 'static model', fact: '31 s', word: 'Done' },
  { id: 'asof', name: 'as-of model', fact: 'step 96 of 150', word: 'Running' },
  { id: 'evaluate', name: 'evaluate', fact: 'waits for as-of model', word: 'Queued' },
  { id: 'register', name: 'register', fact: 'if it beats the margin', word: 'Queued' },
  { id: 'report', name: 'report', fact: 'disk was full', word: 'Failed' },
  { id: 'mail', name: 'mail', fact: 'report failed', word: 'Blocked' },
];
export const graphEdges: GraphEdge[] = [
  ['flights', 'check'],
  ['check', 'features'],
  ['weather', 'features'],
  ['features', 'static'],
  ['features', 'asof'],
  ['check', 'baseline'],
  ['baseline', 'evaluate'],
  ['static', 'evaluate'],
  ['asof', 'evaluate'],
  ['evaluate', 'register'],
  ['static', 'report'],
  ['report', 'mail'],
].map(([from = '', to = '']) => ({ from, to }));

export const logLines: LogLine[] = Array.from({ length: 400 }, (_, i): LogLine => {
  const at = Date.UTC(2026, 10, 20, 14, 2, 0) + i * 730;
  if (i === 260)
    return { at, level: 'error', text: 'OSError: [Errno 28] No space left on device: report.html' };
  if (i === 252) return { at, level: 'warning', text: 'disk is 97% full' };
  return {
    at,
    level: i % 9 === 0 ? 'debug' : 'info',
    text: `step ${i + 1}: log_loss=${(0.69 * Math.exp(-i / 260)).toFixed(4)} rows=${8192 * (i + 1)}`,
  };
});

const station = (
  state: RingStation['state'],
  fact: string,
  more: Partial<RingStation> = {},
): RingStation => ({ state, fact, href: '/kit', ...more });

const GALLERY_ASKED = {
  kind: 'estimated' as const,
  value: 0.463,
  interval: [0.458, 0.468] as const,
  n: 48_210,
  proof: { definition: 'Mean log loss of what was served.', query: 'select 1' },
};

export function sampleRing(now: number): RingState {
  return {
    centre: {
      model: 'flight-delay',
      environment: 'prod',
      version: 'v2',
      metric: {
        name: 'log loss',
        value: '0.463',
        interval: '0.458 to 0.468',
        n: '48,210',
        asked: GALLERY_ASKED,
      },
    },
    turns: [
      { number: 1, outcome: 'promoted', reached: 'Retrain' },
      { number: 2, outcome: 'rejected', reached: 'Register' },
      { number: 3, outcome: 'promoted', reached: 'Retrain' },
      { number: 4, outcome: 'rolled-back', reached: 'A/B' },
      { number: 5, outcome: 'inconclusive', reached: 'A/B' },
      { number: 6, outcome: 'promoted', reached: 'Retrain' },
      { number: 7, outcome: 'running', reached: 'Pipeline' },
    ],
    stations: {
      Design: station('done', 'margin 0.010 log loss'),
      Data: station('done', 'flights v6, 2 h ago'),
      Features: station('stale', '3 views, 1 is 26 h old', { second: 'running' }),
      Train: station('done', '31 runs, 9 min'),
      Track: station('done', '1,204 runs'),
      Register: station('done', 'v3 is candidate'),
      Pipeline: station('running', 'evaluate, 48 s', { since: { at: now - 48_000, clock: 'wall' } }),
      Release: station('needs-you', 'approve v3, asked 4 min ago', {
        since: { at: now - 240_000, clock: 'wall' },
        events: [
          { at: now - 240_000, clock: 'wall', text: 'approval asked for staging' },
          { at: now - 420_000, clock: 'wall', text: 'gate baseline passed' },
        ],
        actions: [
          { label: 'Review v3', href: '/kit' },
          { label: 'Gates', href: '/kit' },
        ],
      }),
      Serve: station('done', '212 requests/s'),
      'A/B': station('not-set-up', 'not set up'),
      Monitor: station('broken', '0.463, limit 0.440', { second: 'running' }),
      Retrain: station('done', 'ran 12 min ago'),
    },
  };
}

const EVERY: readonly RingStation['state'][] = [
  'done',
  'running',
  'needs-you',
  'broken',
  'degraded',
  'stale',
  'no-data',
  'not-set-up',
];

/** Each station in another state, for looking at them side by side; the loop is cut after the broken one. */
export function everyState(): RingState {
  const stations = Object.fromEntries(
    STATIONS.map((name, i) => {
      const state = EVERY[i % EVERY.length] ?? 'done';
      return [name, station(state, state.replaceAll('-', ' '), { blocks: state === 'broken' })];
    }),
  ) as Record<Station, RingStation>;
  return { centre: { model: 'flight-delay', environment: 'staging' }, turns: [], stations };
}
