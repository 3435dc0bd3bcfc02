import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { EventBody, FileBody } from '../../lib/contract/index.ts';
import { AppError, ERRORS, notFound } from '../../lib/errors.ts';
import { criticalPath, leadOf, waitsFor } from './lead.ts';
import type { StepLogs } from './logs.ts';
import type { Graph } from './schema/graph.ts';
import {
  FileRef,
  type LogPage,
  type PipelineDetail,
  type PipelineItem,
  type RunDetail,
  type RunItem,
  type RunState,
  type StepRunDetail,
  type StepRunItem,
} from './schema/runs.ts';
import { attemptsOf } from './store/attempts.ts';
import { activeRuns, countsOf, findRun, listRuns, type Run } from './store/runs.ts';
import { findStep, type StepRun, stepsOfRun } from './store/steps.ts';
import { findVersion, listPipelines, listVersions, type PipelineVersion } from './store/versions.ts';

const RECENT = 20;
const LOG_PAGE_BYTES = 512_000;
const FOLLOW_CHECK_MS = 1000;

interface LogQuery {
  attempt?: number | undefined;
  from: number;
}

/** What can be seen of pipelines and their runs. */
export interface PipelineReading {
  list(project: string): Promise<PipelineItem[]>;
  get(project: string, name: string, version?: number): Promise<PipelineDetail>;
  bundle(project: string, name: string, version: number): Promise<FileBody>;
  listRuns(filter: {
    project: string;
    pipeline?: string;
    state?: RunState;
    before?: number;
    limit: number;
  }): Promise<RunItem[]>;
  runItem(project: string, run: string): Promise<RunItem>;
  /** Runs that have not ended. */
  active(project?: string): Promise<{ id: string; pipeline: string; number: number }[]>;
  runDetail(project: string, run: string): Promise<RunDetail>;
  stepDetail(project: string, step: string): Promise<StepRunDetail>;
  output(project: string, step: string, name: string): Promise<FileBody>;
  log(project: string, step: string, query: LogQuery): Promise<LogPage>;
  /** Pages as they come, until the attempt has ended. */
  followLog(project: string, step: string, query: LogQuery, signal: AbortSignal): EventBody;
}

export function createReading(ground: {
  database: Database;
  blobs: BlobStore;
  logs: StepLogs;
}): PipelineReading {
  const { database, blobs, logs } = ground;
  const { read } = database;

  async function runOf(project: string, id: string): Promise<Run> {
    const run = await findRun(read, project, id);
    if (!run) throw notFound(`Pipeline run ${id}`);
    return run;
  }

  async function stepOf(project: string, id: string): Promise<StepRun> {
    const step = await findStep(read, id);
    if (step?.project !== project) throw notFound(`Step run ${id}`);
    return step;
  }

  async function versionOf(project: string, name: string, version?: number): Promise<PipelineVersion> {
    const found = await findVersion(read, project, name, version);
    const what = version === undefined ? '' : `Version ${version} of `;
    if (!found) throw notFound(`${what}pipeline '${name}'`, 'Apply its file: rondo pipelines apply FILE.');
    return found;
  }

  async function items(runs: Run[]): Promise<RunItem[]> {
    const counts = await countsOf(
      read,
      runs.map((run) => run.id),
    );
    return runs.map((run) => toItem(run, counts.get(run.id) ?? {}));
  }

  async function recent(project: string, pipeline: string): Promise<PipelineItem['recent']> {
    const runs = await listRuns(read, { project, pipeline, limit: RECENT });
    return runs.map(({ id, number, state, created_at, ended_at }) => ({
      id,
      number,
      state,
      created_at,
      ended_at,
    }));
  }

  async function describe(project: string, version: PipelineVersion): Promise<PipelineItem> {
    return {
      name: version.pipeline,
      description: version.graph.description,
      version: version.version,
      applied_at: version.applied_at,
      applied_by: version.applied_by,
      triggers: version.graph.triggers.length,
      recent: await recent(project, version.pipeline),
    };
  }

  async function log(project: string, id: string, query: LogQuery): Promise<LogPage> {
    const step = await stepOf(project, id);
    // A reused step shows the log of the run it was taken from.
    const source = step.reused_from ?? step.id;
    const attempts = await attemptsOf(read, source);
    const attempt =
      query.attempt === undefined ? attempts.at(-1) : attempts.find((one) => one.attempt === query.attempt);
    if (!attempt) {
      if (query.attempt !== undefined) throw notFound(`Attempt ${query.attempt} of step run ${id}`);
      return { step_run: id, attempt: 0, chunks: [], next: 0, complete: false };
    }
    const key = { step_run: source, attempt: attempt.attempt };
    const page = await logs.read(key, query.from, { digest: attempt.log_digest, limit: LOG_PAGE_BYTES });
    return {
      step_run: id,
      attempt: attempt.attempt,
      chunks: page.chunks,
      next: page.next,
      complete: attempt.log_digest !== null && page.end,
    };
  }

  return {
    async list(project) {
      const rows = await listPipelines(read, project);
      return Promise.all(
        rows.map(async (row) => describe(project, await versionOf(project, row.name, row.version))),
      );
    },
    async get(project, name, version) {
      const found = await versionOf(project, name, version);
      return {
        ...(await describe(project, found)),
        graph: found.graph,
        code: found.code,
        versions: await listVersions(read, project, name),
      };
    },
    async bundle(project, name, version) {
      const { code } = await versionOf(project, name, version);
      const body = await blobs.open(code.bundle);
      return { body, type: 'text/plain; charset=utf-8', name: `${name}-v${version}.mjs`, etag: code.bundle };
    },
    listRuns: async (filter) => items(await listRuns(read, filter)),
    active: (project) => activeRuns(read, project),
    async runItem(project, id) {
      return (await items([await runOf(project, id)]))[0] as RunItem;
    },
    async runDetail(project, id) {
      const run = await runOf(project, id);
      const { graph, code } = await versionOf(project, run.pipeline, run.version);
      const place = new Map(graph.nodes.map((node, index) => [node.id, index]));
      const steps = await stepsOfRun(read, id);
      steps.sort((a, b) => (place.get(a.node) ?? 0) - (place.get(b.node) ?? 0) || a.map_index - b.map_index);
      const critical = criticalPath(graph, steps);
      return {
        ...((await items([run]))[0] as RunItem),
        lead: leadOf(run, steps),
        graph,
        code,
        steps: steps.map((step) => toStepItem(step, graph, steps, critical)),
      };
    },
    async stepDetail(project, id) {
      const step = await stepOf(project, id);
      const run = await runOf(project, step.run);
      const { graph } = await versionOf(project, run.pipeline, run.version);
      const steps = await stepsOfRun(read, run.id);
      const node = graph.nodes.find((one) => one.id === step.node);
      return {
        ...toStepItem(step, graph, steps, criticalPath(graph, steps)),
        pipeline: run.pipeline,
        run_number: run.number,
        inputs: step.inputs,
        outputs: step.outputs,
        params: run.params,
        cache_key: step.cache_key,
        cache_parts: step.cache_parts,
        launcher: step.launcher,
        resources: node?.resources ?? {},
        attempts: (await attemptsOf(read, id)).map(
          ({ token_hash: _, handle: __, step_run: ___, ...rest }) => rest,
        ),
      };
    },
    async output(project, id, name) {
      const step = await stepOf(project, id);
      const file = FileRef.safeParse(step.outputs?.[name]);
      if (!file.success) throw notFound(`File output '${name}' of step run ${id}`);
      const { digest, size } = file.data;
      const body = await blobs.open(digest);
      return { body, type: 'application/octet-stream', name: file.data.name, size, etag: digest };
    },
    log,
    async *followLog(project, id, query, signal) {
      let { from } = query;
      let { attempt } = query;
      let wake = () => {};
      let unwatch: (() => void) | undefined;
      signal.addEventListener('abort', () => wake());
      try {
        while (!signal.aborted) {
          const news = new Promise<void>((resolve) => {
            wake = resolve;
          });
          const page = await log(project, id, { attempt, from });
          if (page.attempt > 0) attempt = page.attempt;
          if (page.attempt > 0) unwatch ??= logs.watch({ step_run: id, attempt: page.attempt }, () => wake());
          const moved = page.next > from;
          from = page.next;
          if (moved || page.complete) yield { id: String(from), event: 'log', data: page };
          if (page.complete) return;
          if (moved) continue;
          const check = setTimeout(() => wake(), FOLLOW_CHECK_MS);
          await news;
          clearTimeout(check);
        }
      } catch (error) {
        if (!(error instanceof AppError) || error.status >= ERRORS.INTERNAL.status) throw error;
        yield { event: 'fault', data: error.toFault() };
      } finally {
        unwatch?.();
      }
    },
  };
}

const toItem = (run: Run, counts: Record<string, number>): RunItem => ({
  id: run.id,
  number: run.number,
  pipeline: run.pipeline,
  version: run.version,
  state: run.state,
  reason: run.reason,
  params: run.params,
  cache: run.cache,
  origin: run.origin,
  counts,
  error: run.error,
  created_at: run.created_at,
  ended_at: run.ended_at,
});

function toStepItem(
  step: StepRun,
  graph: Graph,
  steps: readonly StepRun[],
  critical: Set<string>,
): StepRunItem {
  const node = graph.nodes.find((one) => one.id === step.node);
  return {
    id: step.id,
    run: step.run,
    node: step.node,
    step: step.step,
    map_index: step.map_index < 0 ? null : step.map_index,
    state: step.state,
    why: step.state === 'waiting' ? waitsFor(graph, step.node, steps) : step.why,
    reused_from: step.reused_from,
    attempt: step.attempt,
    max_attempts: (node?.retry.max ?? 0) + 1,
    progress: step.progress?.value ?? null,
    progress_text: step.progress?.text ?? null,
    error: step.error,
    created_at: step.created_at,
    ready_at: step.ready_at,
    retry_at: step.state === 'queued' && step.retry_at > 0 ? step.retry_at : null,
    started_at: step.started_at,
    ended_at: step.ended_at,
    critical: critical.has(step.node),
  };
}
