import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Analytics } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Loss, Task } from '../../lib/statistics/quality.ts';
import { runEvaluation, type Scorer } from '../../runtimes/evaluation.ts';
import type { PredictionScope } from '../serving/predictions.ts';
import type { MonitorWindow, QualityMonitor } from './schema.ts';

/** What the charter says about judging answers; the model scorers hold blobs, which are made files for one evaluation. */
export interface QualityRule {
  task: Task;
  loss: Loss;
  baseline:
    | Exclude<Scorer, { kind: 'onnx' }>
    | (Omit<Extract<Scorer, { kind: 'onnx' }>, 'path'> & { digest: string });
}

export interface EvaluationPlace {
  analytics: Analytics;
  blobs: BlobStore;
  /** The bundled evaluation process. */
  entry: string;
  folder: string;
}

const COUNTS = `select (select count(*) from answers)::integer as n, (select count(*) from labelled)::integer as labelled`;
const VERSIONS = 'select deployment, count(*)::integer as n from answers group by 1 order by 1';
/** Features and request columns under their own names, as the models know them. */
const LABELLED = String.raw`select label, output, columns('^feature\.(.*)$') as '\1' from labelled`;

/** Skill of what was answered in one window: its gain over the baseline on the same labelled rows. */
export async function qualityWindow(
  spec: QualityMonitor,
  window: { start: number; end: number },
  scope: PredictionScope,
  rule: QualityRule,
  limit: number | null,
  place: EvaluationPlace,
): Promise<MonitorWindow> {
  const counted = await place.analytics.run({ ...scope, rows: { counts: COUNTS, versions: VERSIONS } });
  const n = Number(counted.rows.counts[0]?.n ?? 0);
  const labelled = Number(counted.rows.counts[0]?.labelled ?? 0);
  const base = { ...window, limit, n, labelled, computed_at: Date.now() };
  const versions = Object.fromEntries(
    counted.rows.versions.map((row) => [String(row.deployment), Number(row.n)]),
  );
  if (n < spec.min_rows || labelled === 0) {
    return {
      ...base,
      state: n < spec.min_rows ? 'no_data' : 'provisional',
      value: null,
      low: null,
      high: null,
      detail: { versions },
    };
  }
  const made = await place.analytics.run({ ...scope, outputs: { rows: LABELLED } });
  const answer = await evaluateRows(place, made.outputs.rows.digest, rule);
  const gain = answer.pairs.baseline?.gain ?? { value: null, low: null, high: null, n: 0 };
  const covered = labelled >= spec.coverage * n && labelled >= spec.min_rows;
  const judged = spec.breach === 'interval' ? gain.high : gain.value;
  const breach = limit !== null && judged !== null && judged < limit;
  return {
    ...base,
    state: covered ? (breach ? 'breach' : 'healthy') : 'provisional',
    value: gain.value,
    low: gain.low,
    high: gain.high,
    detail: {
      versions,
      metrics: answer.reports.served?.metrics ?? {},
      baseline: answer.reports.baseline?.metrics ?? {},
      method: `gain in ${rule.loss} over the baseline on the same rows, normal interval; breach when ${spec.breach === 'interval' ? 'the whole interval' : 'the estimate'} is under the limit`,
    },
  };
}

async function evaluateRows(place: EvaluationPlace, rowsDigest: string, rule: QualityRule) {
  const folder = join(place.folder, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const rows = join(folder, 'rows.parquet');
    await place.blobs.copyTo(rowsDigest, rows);
    let baseline: Scorer;
    if (rule.baseline.kind === 'onnx') {
      const path = join(folder, 'baseline.onnx');
      await place.blobs.copyTo(rule.baseline.digest, path);
      baseline = { kind: 'onnx', path, signature: rule.baseline.signature };
    } else baseline = rule.baseline;
    return await runEvaluation(place.entry, {
      rows,
      label: 'label',
      task: rule.task,
      loss: rule.loss,
      scorers: { served: { kind: 'column', column: 'output' }, baseline },
      subject: 'served',
      slices: [],
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
