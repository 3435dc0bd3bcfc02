import { relativeDistance } from '../../lib/statistics/agreement.ts';
import { CAPTURE_TAGS, ReproductionTerms } from './schema/capture.ts';
import type { ComparedMetric, Reproduction } from './schema/reproductions.ts';
import type { Run } from './schema.ts';

/** How far a metric may be off when nobody said: one part in a hundred. */
export const TOLERANCE = 0.01;
/** What the machine did is no result of the run. */
const SYSTEM = 'system/';
const SHOWN = 50;

export interface Comparison {
  same_data: boolean;
  /** Those furthest apart first. */
  metrics: ComparedMetric[];
  /** The greatest distance. */
  within: number;
  /** The same data, at least one metric, and each metric within the tolerance. */
  agrees: boolean;
}

/** The last values of a run's metrics, those of the system left out, beside those of the run that was made again. */
export function compareRuns(
  first: Run,
  again: Run,
  { tolerance, metrics: asked }: Pick<ReproductionTerms, 'tolerance' | 'metrics'>,
): Comparison {
  const recorded = valuesOf(first);
  const repeated = valuesOf(again);
  const keys = asked ?? [...recorded.keys()].filter((key) => !key.startsWith(SYSTEM));
  const compared = keys.map((key) => {
    const [a, b] = [recorded.get(key), repeated.get(key)];
    const distance =
      a === undefined || b === undefined ? Number.POSITIVE_INFINITY : relativeDistance(Number(a), Number(b));
    const agrees = distance <= tolerance;
    return { distance, metric: { key, recorded: a ?? null, reproduced: b ?? null, distance, agrees } };
  });
  const sorted = compared.toSorted((a, b) => (a.distance === b.distance ? 0 : b.distance - a.distance));
  const same_data = isSame(dataOf(first), dataOf(again));
  return {
    same_data,
    metrics: sorted.map(({ metric }) => ({ ...metric, distance: finite(metric.distance) })),
    within: sorted[0]?.distance ?? 0,
    agrees: same_data && compared.length > 0 && compared.every(({ metric }) => metric.agrees),
  };
}

/** As it is stored and shown, with the terms that the run that was made again names. */
export function reproductionOf(first: Run, again: Run): Reproduction {
  const { tolerance, metrics } = termsOf(again);
  const comparison = compareRuns(first, again, { tolerance, metrics });
  const { info } = again;
  return {
    run_id: info.run_id,
    run_name: info.run_name,
    status: info.status,
    start_time: info.start_time,
    machine: tagOf(again, CAPTURE_TAGS.machine) ?? null,
    tolerance,
    verdict: verdictOf(info.status, comparison.agrees),
    same_data: comparison.same_data,
    compared: comparison.metrics.length,
    within: comparison.metrics.length > 0 ? finite(comparison.within) : null,
    metrics: comparison.metrics.slice(0, SHOWN),
  };
}

/** `name@digest` of each dataset that the run read, sorted. */
export const dataOf = (run: Run): string[] =>
  (run.inputs.dataset_inputs ?? []).map(({ dataset }) => `${dataset.name}@${dataset.digest}`).toSorted();

function termsOf(run: Run): ReproductionTerms {
  try {
    return ReproductionTerms.parse(JSON.parse(tagOf(run, CAPTURE_TAGS.terms) ?? ''));
  } catch {
    return { tolerance: TOLERANCE }; // a run that its author tagged by hand
  }
}

function verdictOf(status: string, agrees: boolean): Reproduction['verdict'] {
  if (status === 'FINISHED') return agrees ? 'reproduced' : 'differs';
  return status === 'RUNNING' || status === 'SCHEDULED' ? 'running' : 'failed';
}

const tagOf = (run: Run, key: string) => run.data.tags?.find((tag) => tag.key === key)?.value;

const valuesOf = (run: Run) => new Map((run.data.metrics ?? []).map(({ key, value }) => [key, value]));

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each, index) => each === b[index]);

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
