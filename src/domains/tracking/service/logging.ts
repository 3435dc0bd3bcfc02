import type { Tx } from '../../../database/index.ts';
import { JsonBytes } from '../../../lib/contract/index.ts';
import { gather, type Outcome, outcomeOf } from '../../../lib/gather.ts';
import { urn, type Urn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import { badParameter } from '../errors.ts';
import { isEnded } from '../states.ts';
import { checkLength, checkMetric, fitBatch, fitParam, LIMITS } from '../limits.ts';
import type { Batch, DatasetInput, KeyValue, MetricInput } from '../schema.ts';
import { modelsOfProject } from '../store/logged-models.ts';
import { putDatasets, putModels, summarizeDatasets } from '../store/inputs.ts';
import { type Logged, storedValue } from '../store/metrics.ts';
import type { Point } from '../store/series.ts';
import type { RunRow } from '../store/runs.ts';
import {
  type BulkHistory,
  type HistoryAsked,
  metricHistory,
  type SampledAsked,
  sampledHistory,
} from '../history.ts';
import { activeRun, type TrackingContext } from './context.ts';

type PutTags = (tx: Tx, row: RunRow, tags: readonly KeyValue[]) => Promise<void>;

const HISTORY_LIMIT = 25_000;
/** Points of several requests that are written together. */
const POINTS_TOGETHER = 2000;
/** Up to here a history is read faster than a thread is asked. */
const INLINE_POINTS = 1000;

/** What running code reports: metrics, params, tags, inputs and outputs; and the histories read back. */
export function loggingVerbs(context: TrackingContext, putTags: PutTags) {
  const { database, ground, runs, metrics } = context;

  async function log(project: string, runId: string, batch: Batch): Promise<void> {
    const { metrics: points = [], params = [], tags = [] } = batch;
    const making = context.keys.intern(points.map((metric) => metric.key));
    if (making) await making;
    if (params.length === 0 && tags.length === 0 && points.length > 0)
      await logPoints({ project, runId, points });
    else
      await database.write(async (tx) => {
        const row = await context.activeRun(tx, project, runId);
        if (params.length > 0) await addParams(tx, row, params);
        if (points.length > 0) {
          await metrics.append(tx, [logged(row, points)], context.keys);
          await logToModels(tx, row, points);
        }
        if (tags.length > 0) await putTags(tx, row, tags);
      });
    ground.signals.emit(project, `run:${runId}`, { metrics: points.length });
  }

  /** Points that clients log at the same time are written in one go: one look for the runs, one insert, one commit. */
  const logPoints = gather<{ project: string; runId: string; points: readonly MetricInput[] }, void>(
    (items) =>
      database.write(async (tx) => {
        const found = await runs.findMany(
          tx,
          items.map(({ runId }) => runId),
        );
        const outcomes = items.map(({ project, runId }) =>
          outcomeOf(() => activeRun(found.get(runId), project, runId)),
        );
        const good = outcomes.flatMap((outcome, at) => {
          const item = items[at];
          return item && 'value' in outcome ? [{ ...item, row: outcome.value }] : [];
        });
        if (good.length === 0) return outcomes.map(done);
        await metrics.append(
          tx,
          good.map(({ row, points }) => logged(row, points)),
          context.keys,
        );
        for (const { row, points } of good) await logToModels(tx, row, points);
        return outcomes.map(done);
      }),
    { most: POINTS_TOGETHER, sizeOf: ({ points }) => points.length },
  );

  async function addParams(tx: Tx, row: RunRow, params: readonly KeyValue[]): Promise<void> {
    const stored = new Map((await runs.addParams(tx, row.id, params)).map(({ key, value }) => [key, value]));
    const changed = params.filter((param) => stored.get(param.key) !== param.value);
    if (changed.length === 0) return;
    const list = changed.map(
      ({ key, value }) => `{'key': '${key}', 'old_value': '${stored.get(key)}', 'new_value': '${value}'}`,
    );
    throw badParameter(
      `Changing param values is not allowed. Params were already logged='[${list.join(', ')}]' for run ID='${row.run_id}'.`,
    );
  }

  async function logToModels(tx: Tx, row: RunRow, points: readonly MetricInput[]): Promise<void> {
    const named = new Set(points.flatMap(({ model_id }) => model_id || []));
    if (named.size === 0) return;
    const theirs = await modelsOfProject(tx, row.project, [...named]);
    const rows = points
      .filter(({ model_id }) => model_id && theirs.has(model_id))
      .map((point) => ({
        model_id: point.model_id ?? '',
        key: point.key,
        run_id: row.run_id,
        step: point.step,
        ts: point.timestamp,
        ...storedValue(point.value),
        dataset_name: point.dataset_name ?? '',
        dataset_digest: point.dataset_digest ?? '',
      }));
    if (rows.length > 0) await metrics.appendToModels(tx, rows);
  }

  return {
    /** Metrics append, params are written once, tags overwrite; all of the batch or nothing. */
    async logBatch(_actor: Actor, project: string, runId: string, batch: Batch): Promise<void> {
      await log(project, runId, fitBatch(batch));
    },

    async logMetric(_actor: Actor, project: string, runId: string, metric: MetricInput): Promise<void> {
      checkMetric(metric, '');
      await log(project, runId, { metrics: [metric] });
    },

    async logParam(_actor: Actor, project: string, runId: string, given: KeyValue): Promise<void> {
      const param = fitParam(given, '');
      await database.write(async (tx) => {
        const row = await context.activeRun(tx, project, runId);
        const [stored] = await runs.addParams(tx, row.id, [param]);
        if (stored?.value === param.value) return;
        throw badParameter(
          `Changing param values is not allowed. Param with key='${param.key}' was already logged with value='${stored?.value}' for run ID='${runId}'. Attempted logging new value '${param.value}'.`,
        );
      });
    },

    async logInputs(
      _actor: Actor,
      project: string,
      runId: string,
      inputs: { datasets?: readonly DatasetInput[]; models?: readonly { model_id: string }[] },
    ): Promise<void> {
      for (const [index, input] of (inputs.datasets ?? []).entries()) checkDataset(input, index);
      await database.write(async (tx) => {
        const row = await context.activeRun(tx, project, runId);
        await putDatasets(tx, row.id, row.experiment, inputs.datasets ?? []);
        for (const input of inputs.datasets ?? []) {
          const link = lineageOf(input);
          if (link) await ground.lineage.link(tx, project, urn('run', runId), link.relation, link.to);
        }
        const models = (inputs.models ?? []).map(({ model_id }) => ({ model_id, step: 0 }));
        await putModels(tx, row.id, 'input', models);
        for (const { model_id } of models)
          await ground.lineage.link(tx, project, urn('run', runId), 'uses', urn('logged-model', model_id));
      });
    },

    async logOutputs(
      _actor: Actor,
      project: string,
      runId: string,
      models: readonly { model_id: string; step: number }[],
    ): Promise<void> {
      await database.write(async (tx) => {
        const row = await context.activeRun(tx, project, runId);
        await putModels(tx, row.id, 'output', models);
        for (const { model_id } of models)
          await ground.lineage.link(
            tx,
            project,
            urn('logged-model', model_id),
            'produced-by',
            urn('run', runId),
          );
      });
    },

    /**
     * Points in (timestamp, step, value) order as MLflow's `get-history` answers; all of them when `limit` is left out. A run that
     * does not exist has none.
     */
    async metricHistory(
      project: string,
      runId: string,
      key: string,
      page: { limit?: number | undefined; token?: string | undefined } = {},
    ): Promise<JsonBytes> {
      const row = await context.findRun(database.read, project, runId);
      if (!row) return JsonBytes.of('{}');
      const limit = page.limit === undefined ? undefined : Math.min(page.limit, HISTORY_LIMIT);
      const asked: HistoryAsked = { run: row.id, key, limit, after: afterOf(page.token) };
      const points = Math.min(limit ?? HISTORY_LIMIT, await pointsOf([row.id], key));
      if (points > INLINE_POINTS) return context.reads.run('tracking.metricHistory', asked);
      return metricHistory(database, asked);
    },

    /** For each run that there is at most `limit` points, evenly spread over its rows in step order, first and last included. */
    async sampledHistory(
      project: string,
      runIds: readonly string[],
      key: string,
      limit: number,
      steps?: readonly [number, number],
    ): Promise<JsonBytes> {
      const found: SampledAsked['runs'][number][] = [];
      for (const run_id of runIds) {
        const row = await context.findRun(database.read, project, run_id);
        if (row) found.push({ run: row.id, run_id });
      }
      const asked: SampledAsked = { runs: found, key, limit, steps };
      const ids = found.map(({ run }) => run);
      if ((await pointsOf(ids, key)) > INLINE_POINTS)
        return context.reads.run('tracking.sampledHistory', asked);
      return sampledHistory(database, asked);
    },

    /** Histories of several runs as MLflow answers them, run ids in order; at most `limit` points in all. */
    bulkHistory: (
      project: string,
      runIds: readonly string[],
      key: string,
      limit: number,
    ): Promise<JsonBytes> => {
      const asked: BulkHistory = { project, runIds, key, limit };
      return context.reads.run('tracking.bulkHistory', asked);
    },

    summarizeDatasets: async (project: string, experimentIds: readonly string[]) => {
      const numbers: number[] = [];
      for (const id of experimentIds) numbers.push(await context.experimentNumber(project, id));
      return summarizeDatasets(database.read, project, numbers);
    },
  };

  async function pointsOf(ids: readonly number[], key: string): Promise<number> {
    const number = await context.keys.find(database.read, key);
    let points = 0;
    for (const id of number === undefined ? [] : ids)
      points += (await context.series.facts(database.read, id, number as number))?.points ?? 0;
    return points;
  }
}

const logged = ({ id, status }: RunRow, metrics: readonly MetricInput[]): Logged => ({
  id,
  metrics,
  ended: isEnded(status),
});

const done = (outcome: Outcome<unknown>): Outcome<void> =>
  'error' in outcome ? outcome : { value: undefined };

function afterOf(token: string | undefined): Point | undefined {
  if (!token) return undefined;
  try {
    const [ts, step, value, is_nan] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if ([ts, step, value, is_nan].every((part) => typeof part === 'number'))
      return { ts, step, value, is_nan } as Point;
  } catch {
    // Falls through to the refusal.
  }
  throw badParameter('Invalid page token, could not decode.');
}

const DATASET_VERSION = /rondo:dataset-version:[\w.%~/-]+/;

/** The dataset version of Rondo that an input names in its source, and whether it was learned from or measured on. */
function lineageOf(input: DatasetInput): { relation: 'trained-on' | 'evaluated-on'; to: Urn } | undefined {
  const to = DATASET_VERSION.exec(input.dataset.source)?.[0] as Urn | undefined;
  if (!to) return undefined;
  const context = input.tags?.find((tag) => tag.key === 'mlflow.data.context')?.value ?? '';
  return { relation: /^(eval|test|valid)/i.test(context) ? 'evaluated-on' : 'trained-on', to };
}

export function checkDataset({ dataset, tags = [] }: DatasetInput, index: number): void {
  const where = `datasets[${index}].dataset`;
  checkLength(`${where}.name`, LIMITS.datasetName, dataset.name);
  checkLength(`${where}.digest`, LIMITS.datasetDigest, dataset.digest);
  checkLength(`${where}.source`, LIMITS.datasetSource, dataset.source);
  checkLength(`${where}.schema`, LIMITS.datasetSchema, dataset.schema ?? '');
  checkLength(`${where}.profile`, LIMITS.datasetProfile, dataset.profile ?? '');
  for (const [at, tag] of tags.entries()) {
    checkLength(`datasets[${index}].tags[${at}].key`, LIMITS.inputTagKey, tag.key);
    checkLength(`datasets[${index}].tags[${at}].value`, LIMITS.inputTagValue, tag.value);
  }
}
