import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type BlobStore, putName } from '../../artifacts/index.ts';
import type { Database, Reader, Tx } from '../../database/index.ts';
import type { Events, Signals } from '../../events/index.ts';
import type { Launcher } from '../../launchers/launcher.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { urn, urnIn } from '../../lib/urn.ts';
import type { Gate } from '../identity/gate.ts';
import type { Actor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import { type AttemptService, createAttempts } from './attempts.ts';
import { canonical, sha256 } from './cache-key.ts';
import { attemptKey, createDispatcher, type Dispatcher } from './dispatch.ts';
import { createEngine } from './engine.ts';
import { PIPELINE_ERRORS } from './errors.ts';
import { linkRun } from './links.ts';
import { createStepLogs } from './logs.ts';
import { describeToLineage } from './provenance.ts';
import { createReading, type PipelineReading } from './reading.ts';
import { graphFaults, inOrder, propertiesOf, upstreamOf } from './schema/check.ts';
import type { CodeRecord, Graph } from './schema/graph.ts';
import type { RunItem, StartReason, StartRun } from './schema/runs.ts';
import { hasOutputs, isFinal } from './states.ts';
import { endAttempt, findHeld, type Held } from './store/attempts.ts';
import { endRun, findRun, findStarted, insertRun, lockRun, type Run } from './store/runs.ts';
import { insertSteps, moveStep, type StepRun, stepsOfRun } from './store/steps.ts';
import { addVersion, findVersion, nextRunNumber, type PipelineVersion } from './store/versions.ts';

const CODE_LIMIT = 64_000_000;

export interface PipelineService extends PipelineReading {
  uploadCode(actor: Actor, bytes: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }>;
  apply(
    actor: Actor,
    project: string,
    pipeline: { graph: Graph; code: CodeRecord },
  ): Promise<{ name: string; version: number; changed: boolean }>;
  run(actor: Actor, project: string, name: string, start: z.input<typeof StartRun>): Promise<RunItem>;
  cancel(actor: Actor, project: string, run: string): Promise<RunItem>;
  resume(
    actor: Actor,
    project: string,
    run: string,
    options: { from: string[]; code: 'same' | 'latest' },
  ): Promise<RunItem>;
  attempts: AttemptService;
  /** Begins to launch steps; `url` is where they reach this server. */
  start(url: string): Promise<void>;
  stop(): Promise<void>;
}

export interface PipelineGround {
  database: Database;
  blobs: BlobStore;
  events: Events;
  signals: Signals;
  gate: Gate;
  lineage: LineageService;
  launchers: Record<string, Launcher>;
  logFolder: string;
  /** Kept up to date with the URL that steps use. */
  urlFile: string;
  report(line: Record<string, unknown>): void;
}

export function createPipelines(ground: PipelineGround): PipelineService {
  const { database, blobs, events, signals, lineage } = ground;
  const logs = createStepLogs(ground.logFolder, blobs);
  const versions = new Map<string, PipelineVersion>();
  const engine = createEngine({ events, signals, lineage, version });
  const dispatcher: Dispatcher = createDispatcher({
    database,
    engine,
    logs,
    launchers: ground.launchers,
    urlFile: ground.urlFile,
    report: ground.report,
    async codeOf(held) {
      const { step } = held;
      const run = await findRun(database.read, step.project, step.run);
      if (!run) throw notFound(`Pipeline run ${step.run}`);
      const { code, graph } = await version(database.read, run);
      const env = graph.nodes.find((node) => node.id === step.node)?.env;
      const facts = {
        RONDO_PROJECT: step.project,
        RONDO_PIPELINE: step.pipeline,
        RONDO_PIPELINE_RUN: step.run,
        RONDO_STEP_RUN: step.id,
        RONDO_ATTEMPT_KEY: attemptKey(held),
        ...(code.commit ? { RONDO_COMMIT: code.commit } : {}),
      };
      return { bundle: code.bundle, root: code.root, env: { ...env, ...facts } };
    },
  });
  const attempts = createAttempts({ ...ground, engine, dispatcher, logs, version });
  describeToLineage(lineage, database);
  const reading = createReading({ database, blobs, logs });

  /** Versions never change, so they are read once. */
  async function version(
    tx: Reader,
    run: Pick<Run, 'project' | 'pipeline' | 'version'>,
  ): Promise<PipelineVersion> {
    const key = `${run.project}/${run.pipeline}/${run.version}`;
    const found = versions.get(key) ?? (await findVersion(tx, run.project, run.pipeline, run.version));
    if (!found) throw notFound(`Version ${run.version} of pipeline '${run.pipeline}'`);
    if (versions.size > 100) versions.clear();
    versions.set(key, found);
    return found;
  }

  /** Inserts the run with its steps, lets `prepare` decide some of them, and advances. */
  async function begin(
    tx: Tx,
    fresh: Pick<
      Run,
      'project' | 'pipeline' | 'version' | 'params' | 'reason' | 'cache' | 'refresh' | 'origin' | 'start_key'
    >,
    prepare: (steps: StepRun[]) => Promise<void> = async () => {},
  ): Promise<string> {
    const applied = await version(tx, fresh);
    const run: Run = {
      ...fresh,
      id: randomUUID(),
      number: await nextRunNumber(tx, fresh.project, fresh.pipeline),
      state: 'running',
      error: null,
      created_at: Date.now(),
      ended_at: null,
    };
    await insertRun(tx, run);
    await insertSteps(
      tx,
      applied.graph.nodes.map((node) => ({
        id: randomUUID(),
        project: run.project,
        run: run.id,
        pipeline: run.pipeline,
        node: node.id,
        step: node.step,
        map_index: -1,
        launcher: node.launcher,
        cpu_milli: Math.ceil(node.resources.cpu * 1000),
        memory_mb: node.resources.memory_mb,
      })),
    );
    await prepare(await stepsOfRun(tx, run.id));
    await linkRun(tx, lineage, run, applied);
    await events.append(tx, {
      type: 'pipeline.run.started',
      source: 'pipelines',
      subject: urn('pipeline-run', run.id),
      project: run.project,
      data: {
        run: run.id,
        pipeline: run.pipeline,
        version: run.version,
        number: run.number,
        params: run.params,
        reason: run.reason,
        caused_by: run.reason.cause,
      },
    });
    await engine.advance(tx, run);
    return run.id;
  }

  return {
    ...reading,
    attempts,
    uploadCode: (_actor, bytes) => blobs.put(bytes, { limit: CODE_LIMIT }),
    async apply(actor, project, { graph, code }) {
      refuseFaults(graph);
      for (const digest of [code.bundle, ...(code.dirty_diff ? [code.dirty_diff] : [])])
        if (!(await blobs.find(digest)))
          throw new AppError(
            PIPELINE_ERRORS.PIPELINE_INVALID,
            `Blob ${digest.slice(0, 12)} was not uploaded.`,
          );
      const bundle = await blobs.find(code.bundle);
      const sorted = inOrder(graph);
      const digest = sha256(canonical({ graph: sorted, code: { ...code, branch: null } }));
      return database.write(async (tx) => {
        const added = await addVersion(tx, {
          project,
          pipeline: graph.name,
          digest,
          graph: sorted,
          code,
          applied_by: actor.name,
        });
        const applied = { name: graph.name, ...added };
        if (!added.changed) return applied;
        if (bundle)
          await putName(tx, `pipeline/${project}/${graph.name}`, `v${added.version}/bundle.mjs`, bundle);
        await events.append(tx, {
          type: 'pipeline.applied',
          source: 'pipelines',
          subject: urnIn(project, 'pipeline', graph.name),
          project,
          data: { pipeline: graph.name, version: added.version, triggers: graph.triggers, by: actor.name },
        });
        return applied;
      });
    },
    async run(actor, project, name, start) {
      const applied = await findVersion(database.read, project, name, start.version);
      if (!applied) throw notFound(`Pipeline '${name}'`, 'Apply its file first: rondo pipelines apply FILE.');
      const params = checkParams(applied.graph, start.params ?? {});
      const reason: StartReason = {
        kind: start.reason?.kind ?? 'manual',
        text: start.reason?.text ?? 'by hand',
        cause: start.reason?.cause ?? null,
        by: actor.name,
      };
      const start_key = start.key ?? null;
      const id = await database.write(async (tx) => {
        const started = start_key === null ? undefined : await findStarted(tx, project, start_key);
        if (started !== undefined) return started;
        return begin(tx, {
          project,
          pipeline: name,
          version: applied.version,
          params,
          reason,
          cache: start.cache ?? 'use',
          refresh: start.refresh ?? [],
          origin: null,
          start_key,
        });
      });
      dispatcher.wake();
      return reading.runItem(project, id);
    },
    async cancel(actor, project, id) {
      const killed = await database.write(async (tx) => {
        const run = await lockRun(tx, id);
        if (!run || run.project !== project) throw notFound(`Pipeline run ${id}`);
        if (run.state !== 'running')
          throw new AppError(
            PIPELINE_ERRORS.RUN_ENDED,
            `Run ${run.number} of '${run.pipeline}' is already ${run.state}.`,
          );
        const held: Held[] = [];
        for (const step of await stepsOfRun(tx, id)) {
          if (isFinal(step.state)) continue;
          const one = step.state === 'running' ? await findHeld(tx, step.id, step.attempt) : undefined;
          await moveStep(tx, step.id, 'cancelled', { why: `cancelled by ${actor.name}` });
          if (!one) continue;
          await endAttempt(tx, step.id, step.attempt, {
            state: 'cancelled',
            error: `Cancelled by ${actor.name}.`,
          });
          held.push(one);
        }
        await endRun(tx, id, 'cancelled', `Cancelled by ${actor.name}.`);
        signals.emit(project, `pipeline-run/${id}`, { state: 'cancelled' });
        await events.append(tx, {
          type: 'pipeline.run.ended',
          source: 'pipelines',
          subject: urn('pipeline-run', id),
          project,
          data: {
            run: id,
            pipeline: run.pipeline,
            version: run.version,
            number: run.number,
            state: 'cancelled',
            reason: run.reason,
            caused_by: run.reason.cause,
          },
        });
        return held;
      });
      dispatcher.kill(killed);
      return reading.runItem(project, id);
    },
    async resume(actor, project, id, options) {
      const origin = await findRun(database.read, project, id);
      if (!origin) throw notFound(`Pipeline run ${id}`);
      if (origin.state === 'running')
        throw new AppError(
          PIPELINE_ERRORS.RUN_ACTIVE,
          `Run ${origin.number} of '${origin.pipeline}' has not ended.`,
        );
      const target = await findVersion(
        database.read,
        project,
        origin.pipeline,
        options.code === 'latest' ? undefined : origin.version,
      );
      if (!target) throw notFound(`Pipeline '${origin.pipeline}'`);
      const again = rerunSet(target.graph, options.from, origin.pipeline);
      const params = options.code === 'latest' ? checkParams(target.graph, origin.params) : origin.params;
      const fresh = await database.write(async (tx) => {
        const before = new Map((await stepsOfRun(tx, id)).map((step) => [step.node, step]));
        const from = options.from.length > 0 ? options.from.join(', ') : 'what had not succeeded';
        const reason: StartReason = {
          kind: 'resume',
          text: `resumed run ${origin.number} from ${from}`,
          cause: urn('pipeline-run', id),
          by: actor.name,
        };
        const { pipeline, cache } = origin;
        const refresh = [...again];
        return begin(
          tx,
          {
            project,
            pipeline,
            version: target.version,
            params,
            reason,
            cache,
            refresh,
            origin: id,
            start_key: null,
          },
          async (steps) => {
            for (const step of steps) await keep(tx, step, before.get(step.node), again, origin.number);
          },
        );
      });
      dispatcher.wake();
      return reading.runItem(project, fresh);
    },
    start: (url) => dispatcher.start(url),
    stop: () => dispatcher.stop(),
  };
}

/** Takes over what the resumed run finished, unless it shall run again. */
async function keep(
  tx: Tx,
  step: StepRun,
  before: StepRun | undefined,
  again: Set<string>,
  number: number,
): Promise<void> {
  if (!before || !hasOutputs(before.state) || again.has(step.node)) return;
  await moveStep(tx, step.id, 'reused', {
    inputs: before.inputs ?? {},
    outputs: before.outputs,
    cache_key: before.cache_key,
    cache_parts: before.cache_parts,
    reused_from: before.reused_from ?? before.id,
    why: `kept from run ${number}`,
  });
}

/** The named steps and all that follow them. */
function rerunSet(graph: Graph, from: string[], pipeline: string): Set<string> {
  const unknown = from.find((name) => !graph.nodes.some((node) => node.id === name));
  if (unknown !== undefined) throw notFound(`Step '${unknown}' of pipeline '${pipeline}'`);
  const again = new Set(from);
  for (const node of graph.nodes) if (upstreamOf(node).some((id) => again.has(id))) again.add(node.id);
  return again;
}

function refuseFaults(graph: Graph): void {
  const faults = graphFaults(graph);
  if (faults.length > 0)
    throw new AppError(
      PIPELINE_ERRORS.PIPELINE_INVALID,
      `Pipeline '${graph.name}' cannot run: ${faults.join('; ')}.`,
      {
        details: faults,
      },
    );
  for (const node of graph.nodes) {
    const what =
      (node.map && 'map') || (node.when && 'when') || (node.on_failure_of && 'onFailure') || undefined;
    if (what)
      throw new AppError(
        PIPELINE_ERRORS.PIPELINE_UNSUPPORTED,
        `Step '${node.id}' uses ${what}, which this server cannot run yet.`,
      );
    if (node.launcher !== 'process')
      throw new AppError(
        PIPELINE_ERRORS.PIPELINE_UNSUPPORTED,
        `Step '${node.id}' wants the launcher '${node.launcher}', which this server does not have.`,
        {
          hint: "Use launcher: 'process'.",
        },
      );
  }
}

/** The parameters with their defaults, or an error that names each fault. */
export function checkParams(graph: Graph, given: Record<string, unknown>): Record<string, unknown> {
  const known = propertiesOf(graph.params);
  const faults = Object.keys(given)
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => `there is no parameter '${name}' (there are: ${Object.keys(known).join(', ') || 'none'})`);
  const parsed = z.fromJSONSchema(graph.params as Parameters<typeof z.fromJSONSchema>[0]).safeParse(given);
  if (!parsed.success)
    faults.push(
      ...parsed.error.issues.map((issue) => `parameter '${issue.path.join('.')}': ${issue.message}`),
    );
  if (faults.length > 0 || !parsed.success)
    throw new AppError(
      PIPELINE_ERRORS.PIPELINE_PARAMS,
      `Pipeline '${graph.name}' was not started: ${faults.join('; ')}.`,
    );
  return parsed.data as Record<string, unknown>;
}
