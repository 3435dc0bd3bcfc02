import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Analytics } from '../../../analytics/index.ts';
import type { BlobStore } from '../../../artifacts/index.ts';
import type { Database } from '../../../database/index.ts';
import type { Events } from '../../../events/index.ts';
import { enqueue, findJob, type JobWorker } from '../../../jobs/index.ts';
import { AppError, defineErrors } from '../../../lib/errors.ts';
import { urn, urnIn } from '../../../lib/urn.ts';
import { runEvaluation, type Scorer } from '../../../runtimes/evaluation.ts';
import type { Signature } from '../../../runtimes/signature.ts';
import type { Actor } from '../../identity/schema.ts';
import type { LineageService } from '../../lineage/service.ts';
import type { Charter } from '../../projects/schema.ts';
import type { ProjectsService } from '../../projects/service.ts';
import type { Evaluation } from '../schema/evaluation.ts';
import { findEvaluation, insertEvaluation, listEvaluations } from '../store/evaluations.ts';

/** A model version's ONNX file and signature. */
export interface ScorableModel {
  digest: string;
  signature: Signature;
}

/** A pinned dataset version as analytics reads it. */
export interface PinnedDataset {
  digest: string;
  parts: string[];
}

export interface EvaluationsService {
  /** Starts the evaluation as a job and settles with its result. */
  evaluate(
    actor: Actor,
    project: string,
    model: string,
    version: number,
    of: {
      dataset: string;
      dataset_version: number;
      label?: string | undefined;
      champion?: number | undefined;
    },
  ): Promise<Evaluation>;
  /** The newest evaluation of the version beside this champion; made on the hold-out of its newest one when it is missing. */
  beside(
    project: string,
    model: string,
    version: number,
    champion: number | undefined,
  ): Promise<Evaluation | undefined>;
  list(project: string, model: string, version?: number): Promise<Evaluation[]>;
  /** Evaluations of the project since a moment (epoch ms), newest first, at most 500. */
  newest(project: string, since: number): Promise<Evaluation[]>;
  /** How the baseline of a charter scores rows, with blobs instead of files. */
  baselineOf(project: string, charter: Charter): Promise<BaselineScorer>;
}

export type BaselineScorer =
  | Exclude<Scorer, { kind: 'onnx' | 'column' }>
  | { kind: 'onnx'; digest: string; signature: Signature };

export interface EvaluationParts {
  database: Database;
  events: Events;
  jobs: JobWorker;
  analytics: Analytics;
  blobs: BlobStore;
  lineage: LineageService;
  projects: ProjectsService;
  model(project: string, name: string, version: number): Promise<ScorableModel>;
  dataset(project: string, name: string, version: number): Promise<PinnedDataset>;
  entry: string;
  folder: string;
}

const EVALUATION_ERRORS = defineErrors({
  CHARTER_MISSING: {
    status: 409,
    hint: 'An evaluation needs a task, a label and a baseline: write the charter in rondo.yaml.',
  },
  HOLDOUT_SEEN: { status: 409, hint: 'Evaluate on rows that training did not read.' },
  EVALUATION_FAILED: { status: 422 },
});

const JOB = 'registry.evaluate';

interface Order {
  project: string;
  model: string;
  version: number;
  dataset: string;
  dataset_version: number;
  label: string | null;
  champion: number | null;
  by: string;
}

export function createEvaluations(parts: EvaluationParts): EvaluationsService {
  const { database, events, lineage, projects } = parts;

  parts.jobs.handle<Order>(JOB, async ({ job, signal }) => ({ result: await run(job.payload, signal) }), {
    concurrency: 1,
    leaseMs: 120_000,
  });

  async function baselineOf(project: string, charter: Charter): Promise<BaselineScorer> {
    const { baseline } = charter;
    if (baseline.kind !== 'model') return baseline;
    return { kind: 'onnx', ...(await parts.model(project, baseline.model, baseline.version)) };
  }

  async function run(order: Order, signal: AbortSignal): Promise<number> {
    const { project, model, version } = order;
    const { charter } = await projects.get(project);
    if (!charter)
      throw new AppError(EVALUATION_ERRORS.CHARTER_MISSING, `Project '${project}' has no charter.`);
    const subject = await parts.model(project, model, version);
    const data = await parts.dataset(project, order.dataset, order.dataset_version);
    const trainedOn = await trainingInputs(urnIn(project, 'model-version', model, version));
    const pinned = urnIn(project, 'dataset-version', order.dataset, order.dataset_version);
    if (trainedOn.includes(pinned))
      throw new AppError(
        EVALUATION_ERRORS.HOLDOUT_SEEN,
        `${model} v${version} was trained on ${order.dataset} v${order.dataset_version}.`,
      );
    const folder = join(parts.folder, randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      const file = async (digest: string, name: string) => {
        await parts.blobs.copyTo(digest, join(folder, name));
        return join(folder, name);
      };
      const onnx = async (of: ScorableModel, name: string): Promise<Scorer> => ({
        kind: 'onnx',
        path: await file(of.digest, `${name}.onnx`),
        signature: of.signature,
      });
      const merged = await parts.analytics.run({
        tables: { rows: data.parts },
        outputs: { rows: 'select * from rows' },
      });
      const baseline = await baselineOf(project, charter);
      const answer = await runEvaluation(
        parts.entry,
        {
          rows: await file(merged.outputs.rows.digest, 'rows.parquet'),
          label: order.label ?? charter.label,
          task: charter.task,
          loss: charter.goal.metric,
          ...(charter.costs ? { costs: charter.costs } : {}),
          scorers: {
            candidate: await onnx(subject, 'candidate'),
            baseline: baseline.kind === 'onnx' ? await onnx(baseline, 'baseline') : baseline,
            ...(order.champion === null
              ? {}
              : { champion: await onnx(await parts.model(project, model, order.champion), 'champion') }),
          },
          subject: 'candidate',
          slices: charter.slices,
        },
        { signal },
      );
      return await save(order, {
        model_digest: subject.digest,
        dataset_digest: data.digest,
        label: order.label ?? charter.label,
        loss: charter.goal.metric,
        trained_on: trainedOn,
        ...answer,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function save(
    order: Order,
    result: Pick<
      Evaluation,
      | 'model_digest'
      | 'dataset_digest'
      | 'label'
      | 'loss'
      | 'trained_on'
      | 'n'
      | 'reports'
      | 'pairs'
      | 'slices'
    >,
  ): Promise<number> {
    const { project, model, version, dataset, dataset_version, champion } = order;
    return database.write(async (tx) => {
      const id = await insertEvaluation(tx, {
        project,
        model,
        version,
        dataset,
        dataset_version,
        champion,
        created_at: Date.now(),
        ...result,
      });
      const evaluation = urn('evaluation', id);
      await lineage.link(
        tx,
        project,
        urnIn(project, 'model-version', model, version),
        'evaluated-on',
        urnIn(project, 'dataset-version', dataset, dataset_version),
      );
      await lineage.link(tx, project, evaluation, 'uses', urnIn(project, 'model-version', model, version));
      await lineage.link(
        tx,
        project,
        evaluation,
        'evaluated-on',
        urnIn(project, 'dataset-version', dataset, dataset_version),
      );
      if (champion !== null)
        await lineage.link(
          tx,
          project,
          evaluation,
          'compared-with',
          urnIn(project, 'model-version', model, champion),
        );
      const gain = result.pairs.baseline?.gain;
      await events.append(tx, {
        type: 'evaluation.finished',
        source: 'registry',
        subject: evaluation,
        project,
        data: {
          evaluation: id,
          model,
          version,
          dataset,
          dataset_version,
          champion,
          n: result.n,
          loss: result.loss,
          gain: gain?.value ?? null,
          gain_low: gain?.low ?? null,
          champion_gain: result.pairs.champion?.gain.value ?? null,
          by: order.by,
        },
      });
      return id;
    });
  }

  /** Dataset versions behind the run that made the version. */
  async function trainingInputs(of: string): Promise<string[]> {
    const graph = await lineage.walk(of, { direction: 'up', depth: 2 });
    return graph.links.filter((link) => link.relation === 'trained-on').map((link) => link.to);
  }

  async function request(
    actor: string,
    project: string,
    model: string,
    version: number,
    of: {
      dataset: string;
      dataset_version: number;
      label?: string | undefined;
      champion?: number | undefined;
    },
  ): Promise<Evaluation> {
    const order: Order = {
      project,
      model,
      version,
      dataset: of.dataset,
      dataset_version: of.dataset_version,
      label: of.label ?? null,
      champion: of.champion ?? null,
      by: actor,
    };
    const key = `${JOB}/${project}/${model}/${version}/${of.dataset}/${of.dataset_version}/${order.champion ?? '-'}`;
    const job = await database.write((tx) =>
      enqueue(tx, { kind: JOB, payload: order, project, singletonKey: key, maxAttempts: 3 }),
    );
    for (;;) {
      const state = await findJob(database.read, job);
      if (state?.state === 'done')
        return (await findEvaluation(database.read, Number(state.result))) as Evaluation;
      if (state?.state === 'dead' || state?.state === 'cancelled') {
        throw new AppError(
          EVALUATION_ERRORS.EVALUATION_FAILED,
          `${model} v${version} was not evaluated: ${state.error ?? 'it was cancelled'}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  return {
    evaluate: (actor, project, model, version, of) => request(actor.name, project, model, version, of),
    list: (project, model, version) =>
      listEvaluations(database.read, {
        project,
        model,
        ...(version === undefined ? {} : { version }),
        limit: 100,
      }),
    newest: (project, since) => listEvaluations(database.read, { project, since, limit: 500 }),
    baselineOf,
    async beside(project, model, version, champion) {
      const known = await listEvaluations(database.read, { project, model, version, limit: 50 });
      const same = known.find((evaluation) => evaluation.champion === (champion ?? evaluation.champion));
      const newest = known[0];
      if (same || !newest) return same;
      return request('releases', project, model, version, {
        dataset: newest.dataset,
        dataset_version: newest.dataset_version,
        label: newest.label,
        champion,
      });
    },
  };
}
