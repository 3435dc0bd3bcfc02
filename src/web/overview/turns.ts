import type { Promotion } from '../../domains/releases/schema.ts';
import type { Station, TurnOutcome } from '../../ui/ring-geometry.ts';
import type { LoopFacts } from './facts.ts';
import { changeOf, type TurnChange } from './turn-change.ts';

/** One time round the loop: a training run and what came of it. */
export interface Turn {
  number: number;
  startedBy: string;
  startedAt: number;
  endedAt: number | null;
  /** The version whose promotions belong to it. */
  version: string | undefined;
  outcome: TurnOutcome;
  reached: Station;
  verdict: string;
  change: TurnChange;
  rollout: number | null;
  /** The run it began with, and whose. */
  run: string;
  pipeline: string;
}

/**
 * Turns, oldest first. A turn begins with a run of a pipeline that trains; the promotions asked for before the next such run
 * began belong to it.
 */
export function turnsOf(
  facts: Pick<LoopFacts, 'project' | 'pipelineRuns' | 'promotions' | 'rollouts'>,
): Turn[] {
  const runs = runsOfTurns(facts);
  return runs.map((run, index): Turn => {
    const next = runs[index + 1]?.created_at ?? Number.POSITIVE_INFINITY;
    const mine = facts.promotions
      .filter((promotion) => promotion.created_at >= run.created_at && promotion.created_at < next)
      .sort((a, b) => a.id - b.id);
    const last = mine.at(-1);
    const goal = facts.project.environments.at(-1)?.name;
    return {
      number: index + 1,
      startedBy: run.reason.by,
      startedAt: run.created_at,
      endedAt: last ? last.ended_at : run.ended_at,
      version: last && `${last.model} v${last.version}`,
      rollout: mine.findLast((promotion) => promotion.rollout !== null)?.rollout ?? null,
      run: run.id,
      pipeline: run.pipeline,
      change: changeOf(mine, facts.rollouts, facts.project.charter?.goal.metric ?? 'loss'),
      ...endOf(run.state, last, goal, facts.rollouts),
    };
  });
}

/** Runs of pipelines that led to a promotion, oldest first; of all pipelines while none has. */
function runsOfTurns({
  pipelineRuns,
  promotions,
}: Pick<LoopFacts, 'pipelineRuns' | 'promotions'>): LoopFacts['pipelineRuns'][number][] {
  const runs = [...pipelineRuns].sort((a, b) => a.created_at - b.created_at);
  const training = new Set(
    promotions.flatMap(
      ({ created_at }) => runs.findLast((run) => run.created_at <= created_at)?.pipeline ?? [],
    ),
  );
  return training.size === 0 ? runs : runs.filter((run) => training.has(run.pipeline));
}

type End = Pick<Turn, 'outcome' | 'reached' | 'verdict'>;

function endOf(
  state: string,
  last: Promotion | undefined,
  goal: string | undefined,
  rollouts: LoopFacts['rollouts'],
): End {
  if (state === 'failed' || state === 'cancelled')
    return {
      outcome: 'rejected',
      reached: 'Pipeline',
      verdict: `the run ${state === 'failed' ? 'failed' : 'was cancelled'}`,
    };
  if (!last) {
    return state === 'done'
      ? { outcome: 'rejected', reached: 'Register', verdict: 'nothing was promoted' }
      : { outcome: 'running', reached: 'Pipeline', verdict: 'trains' };
  }
  switch (last.state) {
    case 'done':
      return last.environment === goal || last.next.length === 0
        ? { outcome: 'promoted', reached: 'Retrain', verdict: `promoted to ${last.environment}` }
        : { outcome: 'running', reached: 'Release', verdict: `in ${last.environment}` };
    case 'rolling':
      return { outcome: 'running', reached: 'A/B', verdict: `tried in ${last.environment}` };
    case 'checking':
    case 'waiting':
      return { outcome: 'running', reached: 'Release', verdict: `waits for ${last.environment}` };
    default:
      return refused(last, rollouts);
  }
}

function refused(last: Promotion, rollouts: LoopFacts['rollouts']): End {
  const verdict = rollouts.find((rollout) => rollout.id === last.rollout)?.verdict;
  if (verdict === 'roll_back') return { outcome: 'rolled-back', reached: 'A/B', verdict: 'rolled back' };
  if (verdict === 'inconclusive') return { outcome: 'inconclusive', reached: 'A/B', verdict: 'inconclusive' };
  return { outcome: 'rejected', reached: 'Release', verdict: `refused for ${last.environment}` };
}
