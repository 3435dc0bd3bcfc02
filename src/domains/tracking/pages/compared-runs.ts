import type { Metric, Run } from '../schema.ts';
import { betterOf } from './run-words.ts';

/** Which of a metric's points counts: the last, the best by the metric's name, an extreme, or the one at a step. */
export type At = { kind: 'last' | 'best' | 'lowest' | 'highest' } | { kind: 'step'; step: number };

/** One of the compared runs, with the value that counts of each metric. */
export interface ComparedRun {
  run: Run;
  id: string;
  name: string;
  /** 1 to 8 for the first eight, 9 for all others: they are drawn grey. */
  colour: number;
  metrics: ReadonlyMap<string, number | null>;
}

const STEP = /^step:(\d{1,15})$/;

/** The address's word for it; anything else is the last value. */
export function readAt(text: string | undefined): At {
  const step = STEP.exec(text ?? '')?.[1];
  if (step !== undefined) return { kind: 'step', step: Number(step) };
  return text === 'best' || text === 'lowest' || text === 'highest' ? { kind: text } : { kind: 'last' };
}

export const atText = (at: At): string | undefined =>
  at.kind === 'step' ? `step:${at.step}` : at.kind === 'last' ? undefined : at.kind;

/** In words, for captions: "at step 500 or the last before it". */
export const AT_WORDS: Readonly<Record<At['kind'], string>> = {
  last: 'last values',
  best: 'best values by the names of the metrics; the last one where a name does not say which way is better',
  lowest: 'lowest values',
  highest: 'highest values',
  step: 'values at the step, or the last before it',
};

/** `stepped`: the metrics of each run at the step, where a step is asked for. */
export function comparedRuns(
  runs: readonly Run[],
  at: At,
  stepped: ReadonlyMap<string, readonly Metric[]>,
): ComparedRun[] {
  return runs.map((run, index) => {
    const id = run.info.run_id;
    const metrics = at.kind === 'step' ? (stepped.get(id) ?? []) : (run.data.metrics ?? []);
    return {
      run,
      id,
      name: run.info.run_name || id.slice(0, 8),
      colour: Math.min(index + 1, 9),
      metrics: new Map(metrics.map((metric) => [metric.key, valueOf(metric, at)])),
    };
  });
}

function valueOf(metric: Metric, at: At): number | null {
  const better = betterOf(metric.key);
  if (at.kind === 'lowest' || (at.kind === 'best' && better === 'lower')) return metric.min ?? null;
  if (at.kind === 'highest' || (at.kind === 'best' && better === 'higher')) return metric.max ?? null;
  return typeof metric.value === 'number' ? metric.value : null;
}

/** Something that differs between runs: a param, a metric, how long they took. */
export interface Dimension {
  id: string;
  label: string;
  of: 'param' | 'metric' | 'attribute';
  /** Numbers when everything that was logged under it reads as a number. */
  kind: 'number' | 'category';
  /** In the order of the runs; null where a run has none. */
  values: readonly (number | string | null)[];
}

/** All that can stand on an axis: params, metrics (families with a slash last), how long runs took and when they began. */
export function dimensionsOf(runs: readonly ComparedRun[]): Dimension[] {
  const keys = (of: (run: ComparedRun) => Iterable<string>) => [
    ...new Set(runs.flatMap((run) => [...of(run)])),
  ];
  const params = runs.map(
    (each) => new Map((each.run.data.params ?? []).map(({ key, value }) => [key, value])),
  );
  const family = (key: string) => Number(key.includes('/'));
  return [
    ...keys((each) => (each.run.data.params ?? []).map(({ key }) => key)).map((key) => {
      const texts = params.map((each) => each.get(key) ?? null);
      const numbers = texts.every((text) => text === null || isNumber(text));
      const values = numbers ? texts.map((text) => (text === null ? null : Number(text))) : texts;
      return {
        id: `params.${key}`,
        label: key,
        of: 'param',
        kind: numbers ? 'number' : 'category',
        values,
      } as const;
    }),
    ...keys((each) => each.metrics.keys())
      .sort((a, b) => family(a) - family(b))
      .map((key) => ({
        id: `metrics.${key}`,
        label: key,
        of: 'metric' as const,
        kind: 'number' as const,
        values: runs.map((each) => finite(each.metrics.get(key))),
      })),
    ...(['took', 'started'] as const).map((label) => ({
      id: `attributes.${label}`,
      label: label === 'took' ? 'took, seconds' : 'started, seconds after the first',
      of: 'attribute' as const,
      kind: 'number' as const,
      values: label === 'took' ? runs.map(({ run }) => took(run)) : started(runs),
    })),
  ];
}

const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));

/** The stand-ins of the infinities have no place on an axis either. */
const finite = (value: number | null | undefined): number | null =>
  value !== null && value !== undefined && Math.abs(value) < Number.MAX_VALUE ? value : null;

const took = ({ info }: Run): number | null =>
  info.end_time ? (info.end_time - info.start_time) / 1000 : null;

function started(runs: readonly ComparedRun[]): number[] {
  const first = Math.min(...runs.map(({ run }) => run.info.start_time));
  return runs.map(({ run }) => (run.info.start_time - first) / 1000);
}

/** Whether at least two runs have it and not all the same. */
export function varies({ values }: Dimension): boolean {
  const present = values.filter((value) => value !== null);
  return present.some((value) => value !== present[0]);
}

/** The one named, else the first that fits. */
export const chosenOf = (
  dimensions: readonly Dimension[],
  id: string | undefined,
  ...fits: readonly ((dimension: Dimension) => boolean)[]
): Dimension | undefined => {
  const named = dimensions.find((each) => each.id === id);
  if (named) return named;
  for (const fit of fits) {
    const found = dimensions.find(fit);
    if (found) return found;
  }
  return undefined;
};

/** Metrics that say how good a run is come first to mind. */
export const isGoal = (dimension: Dimension): boolean =>
  dimension.of === 'metric' && betterOf(dimension.label) !== undefined && !dimension.label.includes('/');
