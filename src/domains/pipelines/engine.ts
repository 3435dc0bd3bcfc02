import type { Tx } from '../../database/index.ts';
import type { Events, Signals } from '../../events/index.ts';
import { urn } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { resolveInputs } from './bindings.ts';
import { cacheKey, cacheParts, changedParts } from './cache-key.ts';
import { linkOutcome } from './links.ts';
import { upstreamOf } from './schema/check.ts';
import type { GraphNode } from './schema/graph.ts';
import type { StepState } from './schema/runs.ts';
import { hasOutputs, isFinal, runOutcome } from './states.ts';
import { endAttempt, type Held } from './store/attempts.ts';
import { endRun, lockRun, type Run } from './store/runs.ts';
import {
  earlierParts,
  findReusable,
  moveStep,
  type StepChange,
  type StepRun,
  stepsOfRun,
} from './store/steps.ts';
import type { PipelineVersion } from './store/versions.ts';

/** How an attempt came out when it did not succeed. `lost`: nobody knows; the step's own retries are not spent. */
export interface Failure {
  state: 'failed' | 'lost';
  error: string;
  exit_code?: number | null;
  signal?: string | null;
}

/** A node that vanishes again and again is given up. */
const LOST_LIMIT = 3;
const LOST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 3_600_000;

export interface Engine {
  /** Decides every step that can be decided and ends the run when all are; the caller holds the run's lock. */
  advance(tx: Tx, run: Run): Promise<void>;
  /** Publishes the outputs of an attempt, once: false when the attempt is no longer the one under way. */
  succeed(tx: Tx, held: Held, outputs: Record<string, unknown>): Promise<boolean>;
  /** Ends an attempt without success: queues the next one or fails the step. */
  fail(tx: Tx, held: Held, failure: Failure): Promise<boolean>;
}

interface EngineGround {
  events: Events;
  signals: Signals;
  lineage: LineageService;
  /** A version with its graph in topological order. */
  version(tx: Tx, run: Run): Promise<PipelineVersion>;
}

/** The durable state machine: every verb runs in the caller's transaction, so a state and what follows from it are one commit. */
export function createEngine(ground: EngineGround): Engine {
  const { events, signals, lineage } = ground;

  async function tellStep(tx: Tx, step: StepRun): Promise<void> {
    signals.emit(step.project, `pipeline-run/${step.run}`, { step: step.id, state: step.state });
    if (!isFinal(step.state) || ['blocked', 'skipped'].includes(step.state)) return;
    await events.append(tx, {
      type: 'step.run.ended',
      source: 'pipelines',
      subject: urn('step-run', step.id),
      project: step.project,
      data: {
        step_run: step.id,
        run: step.run,
        pipeline: step.pipeline,
        node: step.node,
        state: step.state,
        outputs: step.outputs,
        error: step.error,
      },
    });
  }

  async function move(
    tx: Tx,
    step: StepRun,
    to: StepState,
    change: StepChange,
    fence?: number,
  ): Promise<StepRun | undefined> {
    const moved = await moveStep(tx, step.id, to, change, fence);
    if (moved) await tellStep(tx, moved);
    return moved;
  }

  async function end(tx: Tx, run: Run, steps: readonly StepRun[]): Promise<void> {
    const state = runOutcome(steps.map((step) => step.state));
    if (!state) return;
    const culprit = steps.find((step) => step.state === 'failed');
    const error = culprit ? `Step '${culprit.node}' failed: ${firstLine(culprit.error)}` : null;
    if (!(await endRun(tx, run.id, state, error))) return;
    signals.emit(run.project, `pipeline-run/${run.id}`, { state });
    await events.append(tx, {
      type: 'pipeline.run.ended',
      source: 'pipelines',
      subject: urn('pipeline-run', run.id),
      project: run.project,
      data: {
        run: run.id,
        pipeline: run.pipeline,
        version: run.version,
        number: run.number,
        state,
        error,
        params: run.params,
        reason: run.reason,
        caused_by: run.reason.cause,
        outputs: Object.fromEntries(
          steps.filter((step) => step.outputs).map((step) => [step.node, step.outputs]),
        ),
      },
    });
  }

  async function advance(tx: Tx, run: Run): Promise<void> {
    const version = await ground.version(tx, run);
    const steps = new Map((await stepsOfRun(tx, run.id)).map((step) => [step.node, step]));
    for (const node of version.graph.nodes) {
      const step = steps.get(node.id);
      if (step?.state !== 'waiting') continue;
      const moved = await decide(tx, run, version, node, step, steps);
      if (moved) steps.set(node.id, moved);
    }
    await end(tx, run, [...steps.values()]);
  }

  async function decide(
    tx: Tx,
    run: Run,
    version: PipelineVersion,
    node: GraphNode,
    step: StepRun,
    steps: Map<string, StepRun>,
  ): Promise<StepRun | undefined> {
    const upstream = upstreamOf(node).map((id) => steps.get(id) as StepRun);
    if (!upstream.every((one) => isFinal(one.state))) return undefined;
    const bad = upstream.find((one) => !hasOutputs(one.state));
    if (bad) {
      const to = bad.state === 'skipped' ? 'skipped' : 'blocked';
      return move(tx, step, to, {
        why: `${bad.node} ${bad.state === 'failed' ? 'failed' : `was ${bad.state}`}`,
      });
    }
    const inputs = resolveInputs(node, {
      params: run.params,
      outputsOf: (id) => steps.get(id)?.outputs ?? undefined,
    });
    const parts = cacheParts({
      step: node.step,
      code: node.code,
      lock: version.code.lock,
      launcher: node.launcher,
      env: node.env,
      inputs,
      kinds: Object.fromEntries(Object.entries(node.takes).map(([name, port]) => [name, port.kind])),
      params: visibleParams(run, node),
      ignore: node.cache?.ignore ?? [],
    });
    const kept = { inputs, cache_parts: parts, ready_at: Date.now() };
    const verdict = await consultCache(tx, run, node, cacheKey(parts), parts);
    const cache_key = node.cache === null || run.cache === 'off' ? null : cacheKey(parts);
    if (!verdict.hit) return move(tx, step, 'queued', { ...kept, cache_key, why: verdict.why });
    const { hit } = verdict;
    await lineage.link(tx, run.project, urn('step-run', step.id), 'part-of', urn('pipeline-run', run.id));
    const reused = await move(tx, step, 'reused', {
      ...kept,
      cache_key,
      outputs: hit.outputs,
      reused_from: hit.reused_from ?? hit.id,
      why: verdict.why,
    });
    await lineage.link(tx, run.project, urn('step-run', step.id), 'derived-from', urn('step-run', hit.id));
    return reused;
  }

  async function consultCache(
    tx: Tx,
    run: Run,
    node: GraphNode,
    key: string,
    parts: Record<string, string>,
  ): Promise<{ hit?: StepRun; why: string }> {
    if (node.cache === null) return { why: 'never reused: the step says cache: false' };
    if (run.cache === 'off') return { why: 'this run was started without the cache' };
    if (run.cache === 'refresh' || run.refresh.includes(node.id) || run.refresh.includes(node.step))
      return { why: 'this run was asked to refresh it' };
    const since = node.cache.ttl_ms === null ? 0 : Date.now() - node.cache.ttl_ms;
    const hit = await findReusable(tx, run.project, key, since);
    if (hit) return { hit, why: 'same code, inputs and parameters' };
    return { why: await whyMissed(tx, run, node, parts, since) };
  }

  async function whyMissed(
    tx: Tx,
    run: Run,
    node: GraphNode,
    parts: Record<string, string>,
    since: number,
  ): Promise<string> {
    const earlier = await earlierParts(tx, run.project, run.pipeline, node.id);
    const nearest = earlier
      .map((one) => ({ ...one, changes: changedParts(one.parts, parts) }))
      .sort((a, b) => a.changes.length - b.changes.length)[0];
    if (!nearest) return 'no earlier success of this step';
    if (nearest.changes.length > 0) return nearest.changes.join('; ');
    return nearest.ended_at < since
      ? 'the earlier result is older than its time to live'
      : 'the earlier result was not offered for reuse';
  }

  async function afterEnd(tx: Tx, run: Run | undefined): Promise<void> {
    if (run?.state === 'running') await advance(tx, run);
  }

  return {
    advance,
    async succeed(tx, held, outputs) {
      const run = await lockRun(tx, held.step.run);
      const step = await move(tx, held.step, 'done', { outputs, error: null }, held.step.fence);
      if (!step || !run) return false;
      await endAttempt(tx, step.id, held.attempt.attempt, { state: 'done' });
      await linkOutcome(tx, lineage, step, await ground.version(tx, run));
      await afterEnd(tx, run);
      return true;
    },
    async fail(tx, held, failure) {
      const run = await lockRun(tx, held.step.run);
      if (!run) return false;
      const { graph } = await ground.version(tx, run);
      const node = graph.nodes.find((one) => one.id === held.step.node);
      const next = nextAttempt(held.step, failure, node?.retry ?? { max: 0, backoff_ms: 1000 });
      const { state, ...change } = next;
      const step = await move(tx, held.step, state, change, held.step.fence);
      if (!step) return false;
      const { error, exit_code = null, signal = null } = failure;
      await endAttempt(tx, step.id, held.attempt.attempt, { state: failure.state, error, exit_code, signal });
      await afterEnd(tx, run);
      return true;
    },
  };
}

/** What follows from a failed attempt. */
export function nextAttempt(
  step: Pick<StepRun, 'attempt' | 'failures'>,
  failure: Failure,
  retry: { max: number; backoff_ms: number },
): { state: 'queued' | 'failed' } & StepChange {
  const failures = step.failures + (failure.state === 'failed' ? 1 : 0);
  const lost = step.attempt - failures;
  const spent = failure.state === 'failed' ? failures > retry.max : lost > LOST_LIMIT;
  const { error } = failure;
  if (spent) {
    const times = step.attempt === 1 ? '' : ` (${step.attempt} attempts)`;
    return { state: 'failed', failures, error, why: `${firstLine(error)}${times}` };
  }
  const wait =
    failure.state === 'failed'
      ? Math.min(LONGEST_BACKOFF_MS, retry.backoff_ms * 2 ** (failures - 1))
      : LOST_BACKOFF_MS * (lost - 1);
  const what = failure.state === 'failed' ? `retry ${failures} of ${retry.max}` : 'started again';
  return {
    state: 'queued',
    failures,
    error,
    retry_at: Date.now() + wait,
    why: `attempt ${step.attempt}: ${firstLine(error)}; ${what}`,
  };
}

/** The parameters that reach the step's code. */
export const visibleParams = (run: Pick<Run, 'params'>, node: GraphNode): Record<string, unknown> =>
  Object.fromEntries(node.params.map((name) => [name, run.params[name] ?? null]));

const firstLine = (text: string | null): string => (text ?? '').split('\n')[0]?.slice(0, 300) ?? '';
