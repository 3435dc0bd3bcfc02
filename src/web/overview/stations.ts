import { type Station, type StationState, rankStates } from '../../ui/ring-geometry.ts';
import type { RingStation } from '../../ui/ring-state.ts';
import { formatNumber } from '../../ui/number.ts';
import { pageOf } from '../../ui/place.ts';
import { formatRelative } from '../../ui/time.ts';
import type { LoopFacts } from './facts.ts';

interface Seen {
  /** All that is true of the station; none means that it is not set up. */
  states: readonly StationState[];
  fact: string;
  since?: number;
  event?: boolean;
  blocks?: boolean;
  actions?: RingStation['actions'];
}

const NOT_SET_UP: Seen = { states: [], fact: 'not set up' };
const count = (n: number, one: string, many = `${one}s`) =>
  `${formatNumber(n, 'count')} ${n === 1 ? one : many}`;

/** What each station of the loop shows, from what its room says. */
export function stationsOf(facts: LoopFacts, now: number): Record<Station, RingStation> {
  const { name } = facts.project;
  const station = (page: string, seen: Seen): RingStation => ({
    ...rankStates(seen.states),
    fact: seen.fact,
    href: pageOf(name, page),
    blocks: seen.blocks,
    since: seen.since === undefined ? undefined : { at: seen.since, clock: seen.event ? 'event' : 'wall' },
    actions: seen.actions,
  });
  return {
    Design: station('charter', design(facts)),
    Data: station('datasets', data(facts, now)),
    Features: station('features', features(facts, now)),
    Train: station('pipelines', train(facts, now)),
    Track: station('experiments', track(facts, now)),
    Register: station('models', register(facts)),
    Pipeline: station('pipelines', pipeline(facts, now)),
    Release: station('releases', release(facts, now)),
    Serve: station('endpoints', serve(facts)),
    'A/B': station('rollouts', rollout(facts)),
    Monitor: station('monitors', monitor(facts)),
    Retrain: station('automation', retrain(facts, now)),
  };
}

function design({ project: { charter } }: LoopFacts): Seen {
  if (!charter) return NOT_SET_UP;
  return {
    states: ['done'],
    fact: `margin ${charter.goal.margin} ${charter.goal.metric.replaceAll('_', ' ')}`,
  };
}

function data({ datasets }: LoopFacts, now: number): Seen {
  const latest = datasets.flatMap((dataset) => dataset.latest ?? []);
  const newest = [...latest].sort((a, b) => b.created_at - a.created_at)[0];
  if (!newest) return NOT_SET_UP;
  const bad = latest.find((version) => version.validation && version.validation.failed > 0);
  if (bad) return { states: ['broken'], fact: `${bad.dataset} v${bad.version} fails`, since: bad.created_at };
  return {
    states: ['done'],
    fact: `v${newest.version}, ${formatRelative(newest.created_at, now)}`,
    since: newest.created_at,
  };
}

function features({ views }: LoopFacts, now: number): Seen {
  if (views.length === 0) return NOT_SET_UP;
  const behind = views.filter((view) => view.freshness.offline_only > 0).length;
  const empty = views.filter((view) => view.freshness.rows === 0).length;
  if (empty === views.length) return { states: ['no-data'], fact: `${count(views.length, 'view')}, no rows` };
  const newest = Math.max(...views.map((view) => view.freshness.newest_created_time ?? 0));
  const fact = `${count(views.length, 'view')}${behind > 0 ? `, ${behind} behind` : ''}`;
  return { states: [behind > 0 ? 'stale' : 'done'], fact, since: Math.min(now, newest) || undefined };
}

function train({ pipelineRuns }: LoopFacts, now: number): Seen {
  const newest = pipelineRuns[0];
  if (!newest) return NOT_SET_UP;
  if (newest.ended_at === null) return { states: ['running'], fact: 'trains', since: newest.created_at };
  const took = formatNumber((newest.ended_at - newest.created_at) / 1000, 'seconds');
  return {
    states: ['done'],
    fact: `took ${took}, ${formatRelative(newest.ended_at, now)}`,
    since: newest.ended_at,
  };
}

function track({ runs }: LoopFacts, now: number): Seen {
  if (runs.total === 0) return NOT_SET_UP;
  const newest = runs.newest === null ? '' : `, ${formatRelative(runs.newest, now)}`;
  return {
    states: runs.running > 0 ? ['running', 'done'] : ['done'],
    fact: `${count(runs.total, 'run')}${newest}`,
    since: runs.newest ?? undefined,
  };
}

function register({ versions }: LoopFacts): Seen {
  const newest = [...versions].sort((a, b) => b.created_at - a.created_at)[0];
  if (!newest) return NOT_SET_UP;
  return { states: ['done'], fact: `${newest.model} v${newest.version}`, since: newest.created_at };
}

function pipeline({ pipelineRuns }: LoopFacts, now: number): Seen {
  const newest = pipelineRuns[0];
  if (!newest) return NOT_SET_UP;
  const name = `${newest.pipeline} #${newest.number}`;
  if (newest.state === 'failed')
    return { states: ['broken'], fact: `${name} failed`, since: newest.ended_at ?? undefined, blocks: true };
  if (newest.ended_at === null) return { states: ['running'], fact: name, since: newest.created_at };
  return {
    states: ['done'],
    fact: `#${newest.number}, ${formatRelative(newest.ended_at, now)}`,
    since: newest.ended_at,
  };
}

function release({ promotions, approvals }: LoopFacts, now: number): Seen {
  const open = approvals.filter((approval) => approval.state === 'open');
  const first = open[0];
  if (first)
    return {
      states: ['needs-you'],
      fact: open.length === 1 ? `asked ${formatRelative(first.created_at, now)}` : `${open.length} need you`,
      since: first.created_at,
      actions: [{ label: 'Review', href: `/inbox?id=${first.id}` }],
    };
  const newest = promotions[0];
  if (!newest) return NOT_SET_UP;
  const what = `v${newest.version} ${newest.environment}`;
  if (newest.state === 'checking')
    return { states: ['running'], fact: `${what}, gates`, since: newest.created_at };
  if (newest.state === 'rolling')
    return { states: ['running'], fact: `${what}, tried`, since: newest.created_at };
  if (newest.state === 'done')
    return {
      states: ['done'],
      fact: `v${newest.version} in ${newest.environment}`,
      since: newest.ended_at ?? undefined,
    };
  return { states: ['degraded'], fact: `${what} ${newest.state}`, since: newest.ended_at ?? undefined };
}

function serve({ endpoints }: LoopFacts): Seen {
  const live = endpoints.filter((endpoint) => endpoint.arms.length > 0);
  if (live.length === 0)
    return endpoints.length > 0 ? { states: ['no-data'], fact: 'nothing is live' } : NOT_SET_UP;
  const answered = live.reduce((sum, endpoint) => sum + endpoint.predictions, 0);
  return {
    states: [answered > 0 ? 'done' : 'no-data'],
    fact: answered > 0 ? `${formatNumber(answered, 'count')} answers` : 'not asked yet',
  };
}

function rollout({ rollouts }: LoopFacts): Seen {
  const newest = rollouts[0];
  if (!newest) return NOT_SET_UP;
  const over = newest.state === 'decided' || newest.state === 'stopped';
  if (!over)
    return {
      states: ['running'],
      fact: `v${newest.candidate}, ${newest.state}`,
      since: newest.stage_event_time,
      event: true,
    };
  return {
    states: ['done'],
    fact: newest.verdict ? newest.verdict.replaceAll('_', ' ') : newest.state,
    since: newest.ended_event_time ?? undefined,
    event: true,
  };
}

function monitor({ monitors, alerts }: LoopFacts): Seen {
  if (monitors.length === 0) return NOT_SET_UP;
  const open = alerts.filter((alert) => alert.state !== 'resolved');
  const first = open[0];
  if (first)
    return {
      states: ['broken'],
      fact: open.length === 1 ? `${first.monitor} alerts` : `${open.length} alerts`,
      since: first.opened_event_time,
      event: true,
    };
  const judged = monitors.filter((each) => each.last !== null);
  if (judged.length === 0)
    return { states: ['no-data'], fact: `${count(monitors.length, 'monitor')}, no window` };
  const blind = monitors.filter((each) => each.state === 'No data').length;
  return {
    states: [blind > 0 ? 'no-data' : 'done'],
    fact: blind > 0 ? `${blind} without data` : `${count(monitors.length, 'monitor')}, no alert`,
  };
}

function retrain({ rules }: LoopFacts, now: number): Seen {
  if (rules.length === 0) return NOT_SET_UP;
  const broken = rules.find((rule) => rule.state === 'open');
  if (broken) return { states: ['needs-you'], fact: `${broken.name} stopped`, since: broken.state_at };
  const fired = rules.flatMap((rule) => rule.last_firing ?? []).sort((a, b) => b.fired_at - a.fired_at)[0];
  if (!fired) return { states: ['done'], fact: `${count(rules.length, 'rule')}, never ran` };
  return {
    states: [fired.state === 'started' ? 'running' : fired.state === 'failed' ? 'degraded' : 'done'],
    fact: `ran ${formatRelative(fired.fired_at, now)}`,
    since: fired.fired_at,
  };
}
