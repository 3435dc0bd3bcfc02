import { literal } from '../../analytics/index.ts';
import type { Part } from './store/parts.ts';

export interface PredictionScope {
  tables: Record<string, string[]>;
  statements: string[];
}

const EMPTY: Record<'raw_predictions' | 'raw_shadows' | 'raw_feedback' | 'raw_errors', string> = {
  raw_predictions: `prediction_id varchar, endpoint varchar, deployment integer, epoch bigint, sequence bigint, event_time bigint, wall_time bigint,
    latency_us double, propensity double, unit varchar, key varchar, pinned boolean, "of" varchar, output double, outputs varchar`,
  raw_shadows: `prediction_id varchar, endpoint varchar, deployment integer, epoch bigint, sequence bigint, event_time bigint, wall_time bigint,
    latency_us double, propensity double, unit varchar, key varchar, pinned boolean, "of" varchar, output double, outputs varchar`,
  raw_feedback:
    'prediction_id varchar, label double, label_text varchar, observed_at bigint, wall_time bigint',
  raw_errors:
    'endpoint varchar, deployment integer, wall_time bigint, status integer, code varchar, message varchar',
};

const KIND = {
  raw_predictions: 'prediction',
  raw_shadows: 'shadow',
  raw_feedback: 'feedback',
  raw_errors: 'error',
} as const;

/**
 * Views over the imported log of one endpoint, for event times in [from, until) (epoch ms):
 * `answers` (one row per answered request: the first of each idempotency key), `shadows` (first per answer and deployment),
 * `labels` (latest truth per answer), `labelled` (answers with their truth), `errors`.
 * A key that was answered twice (the gateway died between log and client) counts once, and truth about either id counts.
 */
export function predictionScope(
  parts: readonly Part[],
  range: { from: number; until: number },
): PredictionScope {
  const tables: Record<string, string[]> = {};
  const statements: string[] = [];
  for (const [view, columns] of Object.entries(EMPTY)) {
    const digests = parts
      .filter((part) => part.kind === KIND[view as keyof typeof KIND])
      .map((part) => part.digest);
    if (digests.length > 0) tables[view] = digests;
    else
      statements.push(
        `drop view if exists ${view}`,
        `create or replace temp table ${view}_empty (${columns})`,
        `create or replace temp view ${view} as select * from ${view}_empty`,
      );
  }
  const inRange = `event_time >= ${range.from} and event_time < ${range.until}`;
  statements.push(
    `create or replace temp view answers as
       select *, coalesce(key, prediction_id) as answer from raw_predictions where ${inRange} and not pinned
       qualify row_number() over (partition by coalesce(key, prediction_id) order by epoch, sequence) = 1`,
    `create or replace temp view labels as
       select coalesce(p.key, p.prediction_id) as answer, arg_max(f.label, f.observed_at) as label, max(f.observed_at) as observed_at
       from raw_feedback f join raw_predictions p using (prediction_id) group by 1`,
    'create or replace temp view labelled as select a.*, l.label, l.observed_at from answers a join labels l using (answer) where l.label is not null',
    `create or replace temp view shadows as
       select s.*, coalesce(p.key, p.prediction_id) as answer from raw_shadows s join raw_predictions p on s."of" = p.prediction_id
       where s.event_time >= ${range.from} and s.event_time < ${range.until}
       qualify row_number() over (partition by coalesce(p.key, p.prediction_id), s.deployment order by s.epoch, s.sequence) = 1`,
    'create or replace temp view errors as select * from raw_errors',
  );
  return { tables, statements };
}

/** Per-row loss of an answer against its truth, as SQL; the same clipping as `lib/statistics`. */
export function lossSql(loss: string, output: string, label: string): string {
  const clipped = `least(1 - 1e-15, greatest(1e-15, ${output}))`;
  const forms: Record<string, string> = {
    log_loss: `case when ${label} = 1 then -ln(${clipped}) else -ln(1 - ${clipped}) end`,
    brier: `power(${label} - ${output}, 2)`,
    squared_error: `power(${label} - ${output}, 2)`,
    absolute_error: `abs(${label} - ${output})`,
  };
  return forms[loss] ?? `error(${literal(`unknown loss ${loss}`)})`;
}
