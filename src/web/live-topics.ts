import type { StreamEvent } from '../lib/event-stream.ts';

/** Nouns in the paths of a room's endpoints, by the source of its facts. */
const NOUNS: Readonly<Record<string, readonly string[]>> = {
  projects: ['projects', 'revisions'],
  approvals: ['approvals'],
  datasets: ['datasets', 'sources', 'validations'],
  features: ['features', 'views', 'services'],
  tracking: [
    'runs',
    'run-counts',
    'experiments',
    'metrics',
    'logged-models',
    'artifacts',
    'traces',
    'trash',
    'metric-values',
  ],
  registry: ['registered-models', 'model-versions', 'models', 'evaluations', 'webhooks'],
  pipelines: ['pipelines', 'pipeline-runs', 'step-runs'],
  serving: ['endpoints', 'predictions'],
  monitoring: ['monitors', 'alerts'],
  rollouts: ['rollouts', 'endpoints'],
  releases: ['promotions', 'approvals', 'endpoints'],
  automation: ['rules', 'firings'],
  maturity: ['maturity'],
};

/** Shown whatever happens: the activity list, and lineage, which every room writes. */
const ALWAYS = ['activity', 'lineage', 'overview'];

/** The first word of a signal's topic is singular: `endpoint/flight-delay`, `run:3f2a`, `dataset.import:7`. */
const SIGNALS: Readonly<Record<string, readonly string[]>> = {
  endpoint: ['endpoints', 'predictions'],
  run: ['runs', 'metrics', 'metric-values'],
  experiment: ['runs', 'experiments'],
  'pipeline-run': ['pipeline-runs', 'step-runs'],
  'step-run': ['step-runs'],
  dataset: ['datasets'],
};

/** The nouns that an event of the stream has news about; empty for greetings and beats. */
export function newsOf(event: Pick<StreamEvent, 'type' | 'data'>): readonly string[] {
  if (event.type !== 'fact' && event.type !== 'signal') return [];
  const data = JSON.parse(event.data) as { source?: string; topic?: string };
  if (event.type === 'signal') return SIGNALS[data.topic?.split(/[/:.]/)[0] ?? ''] ?? [];
  return [...ALWAYS, ...(NOUNS[data.source ?? ''] ?? [])];
}

/** Whether the endpoint of this path answers about one of the nouns; the project list is no noun of what lies under it. */
export function concerns(path: string, nouns: readonly string[]): boolean {
  const parts = path.replace(/^\/api\/v1\/projects\/:project(?=\/)/, '').split('/');
  return nouns.some((noun) => parts.includes(noun));
}

const RUN_ID = /[0-9a-f]{32}/g;

/** The run that a signal is about; undefined for facts, and for signals about anything else. */
export function runOf(event: Pick<StreamEvent, 'type' | 'data'>): string | undefined {
  if (event.type !== 'signal') return undefined;
  const { topic } = JSON.parse(event.data) as { topic?: string };
  return /^run:([0-9a-f]{32})$/.exec(topic ?? '')?.[1];
}

/** Whether a question names runs and none of these: then no signal of theirs is news for it. */
export function isOfOthers(asked: unknown, runs: ReadonlySet<string>): boolean {
  const named = JSON.stringify(asked ?? null).match(RUN_ID);
  return named !== null && !named.some((id) => runs.has(id));
}
