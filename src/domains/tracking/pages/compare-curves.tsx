import { MultiSelect } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { usePlace } from '../../../ui/place.ts';
import { TimeChart } from '../../../ui/time-chart.tsx';
import { runTableContract } from '../contract/run-table.ts';
import type { Curve } from '../schema.ts';
import { listText, readList } from './address-list.ts';
import type { ComparedRun } from './compared-runs.ts';
import { CompareNumbers, isNumber, metricIn } from './compare-numbers.tsx';
import { LookTools, type MetricLook, useMetricLook, useMetricRange } from './metric-look.tsx';
import { isPart, smoothed, withFiner } from './metric-points.ts';
import { type Overlay, overlayOf } from './overlay.ts';
import { isSystem } from './run-metrics.tsx';
import { betterOf } from './run-words.ts';

/** Points across a chart: fewer where there are many lines. */
const columnsFor = (runs: number) => (runs > 20 ? 240 : 480);
const MOST_LINES = 400;
const MOST_KEYS = 12;
const FIRST_KEYS = 4;
const ZOOM_MS = 300;

/** The chosen metrics: curves of the runs over each other, which come in one answer, and numbers where each run logged one. */
export function CompareCurves({ runs }: { runs: readonly ComparedRun[] }) {
  const { project, search, setSearch } = usePlace();
  const look = useMetricLook();
  const known = useMemo(() => curveKeys(runs), [runs]);
  const most = Math.min(MOST_KEYS, Math.max(1, Math.floor(MOST_LINES / runs.length)));
  const keys = useMemo(() => {
    const named = readList(search.keys);
    return (named ?? known.slice(0, runs.length > 20 ? 1 : FIRST_KEYS))
      .filter((key) => known.includes(key))
      .slice(0, most);
  }, [search.keys, known, most, runs.length]);
  const [numbers, curves] = useMemo(() => {
    const single = (key: string) => isNumber(runs, key);
    return [keys.filter(single), keys.filter((key) => !single(key))];
  }, [runs, keys]);
  const stepless = useMemo(() => curves.every((key) => lastOf(runs, key, 'step') === 0), [runs, curves]);
  const axis = stepless && look.axis === 'step' ? 'relative' : look.axis;
  const on = axis === 'step' ? ('step' as const) : ('time' as const);
  const end = Math.max(0, ...curves.map((key) => lastOf(runs, key, on === 'step' ? 'step' : 'timestamp')));
  const ids = runs.map((run) => run.id);
  const points = useCurves(
    project,
    ids,
    curves,
    on,
    columnsFor(runs.length),
    curves.length > 0 ? { to: end } : undefined,
  );
  if (known.length === 0)
    return <p className="r-serif">None of these runs logged a metric, so there is no curve to draw.</p>;
  return (
    <div className="r-stack">
      <div className="r-row" role="group" aria-label="How curves are shown">
        <MultiSelect
          aria-label="Metrics"
          placeholder={keys.length === 0 ? 'Choose a metric' : undefined}
          data={known}
          value={keys}
          onChange={(next) => setSearch({ keys: listText(next) })}
          searchable
          limit={100}
          maxValues={most}
          hidePickedOptions
          className="r-curve-keys"
        />
        {curves.length > 0 ? <LookTools look={{ ...look, axis }} /> : null}
      </div>
      {points.fault ? <Fault fault={points.fault} onRetry={points.retry} /> : null}
      {numbers.length > 0 ? <CompareNumbers runs={runs} keys={numbers} /> : null}
      {runs.length > 8 && curves.length > 0 ? (
        <p className="r-small">
          The first eight of {runs.length} runs are coloured and named, the others are grey.
        </p>
      ) : null}
      {curves.length > 0 ? (
        <div
          className="r-curves"
          role="region"
          aria-label="Curves"
          aria-busy={points.refreshing || !points.data || undefined}
        >
          {curves.map((key) => (
            <CurveCard
              key={key}
              metric={key}
              runs={runs}
              look={{ ...look, axis }}
              curves={points.data?.curves}
            />
          ))}
        </div>
      ) : null}
    </div>
  );
}

type Curves = readonly (Curve & { run_id: string; key: string })[];

function useCurves(
  project: string,
  ids: readonly string[],
  keys: readonly string[],
  axis: 'step' | 'time',
  columns: number,
  span: { from?: number; to: number } | undefined,
) {
  return useEndpoint(
    runTableContract.getMetricPoints,
    span && { params: { project }, query: { run_ids: [...ids], key: [...keys], axis, columns, ...span } },
  );
}

function CurveCard({
  metric,
  runs,
  look,
  curves,
}: {
  metric: string;
  runs: readonly ComparedRun[];
  look: MetricLook;
  curves: Curves | undefined;
}) {
  const { project } = usePlace();
  const { axis } = look;
  const on = axis === 'step' ? ('step' as const) : ('time' as const);
  const [range, setRange] = useState<{ from: number; to: number; axis: string }>();
  const zoom = useDebouncedCallback((from: number, to: number) => setRange({ from, to, axis }), ZOOM_MS);
  const own = useMemo(() => byRun((curves ?? []).filter((each) => each.key === metric)), [curves, metric]);
  const drawn = useMemo(() => runs.filter((run) => own.has(run.id)), [runs, own]);
  // Seconds since the start are other times for each run, so there is nothing that could be asked for more finely.
  const within =
    range?.axis === axis && axis !== 'relative' && [...own.values()].some((curve) => isPart(curve, range, on))
      ? range
      : undefined;
  const fine = useCurves(
    project,
    drawn.map((run) => run.id),
    [metric],
    on,
    columnsFor(runs.length),
    within && { from: Math.max(0, Math.floor(within.from)), to: Math.ceil(within.to) },
  );
  const overlay = useMemo(() => {
    const finer = byRun(within ? (fine.data?.curves ?? []) : []);
    const lines = drawn.map((run) => ({
      began: run.run.info.start_time,
      curve: withFiner(own.get(run.id) as Curve, finer.get(run.id), on),
    }));
    return overlayOf(lines, axis, columnsFor(runs.length) * (finer.size > 0 ? 2 : 1));
  }, [drawn, own, fine.data, within, on, axis, runs.length]);
  const series = useMemo(() => seriesOf(drawn, overlay, look), [drawn, overlay, look]);
  const shownY = useMetricRange(look, metric);
  if (!curves)
    return (
      <figure className="r-metric-card">
        <figcaption className="r-h3">{metric}</figcaption>
        <p className="r-small">Loading.</p>
      </figure>
    );
  return (
    <TimeChart
      metric={metric}
      axis={
        axis === 'time'
          ? { kind: 'time', clock: 'wall' }
          : { kind: 'count', name: axis === 'step' ? 'step' : 'seconds since the start of each run' }
      }
      x={overlay.x}
      series={series}
      log={look.log}
      {...shownY}
      height={280}
      style="metric"
      sync={`compare ${axis}`}
      onRange={zoom}
      caption={captionOf(drawn.length, overlay, look)}
    />
  );
}

const byRun = (curves: Curves) => new Map(curves.map((each) => [each.run_id, each]));

function seriesOf(runs: readonly ComparedRun[], overlay: Overlay, { smooth }: MetricLook) {
  return overlay.lines.map((line, at) => {
    const run = runs[at] as ComparedRun;
    const { id: key, name: label, colour } = run;
    if (smooth > 0) return { key, label, colour, values: smoothed(overlay.x, line.last, smooth) };
    const cells = line.last.reduce((count: number, value) => count + (value === undefined ? 0 : 1), 0);
    return {
      key,
      label,
      colour,
      values: line.last,
      ...(line.points > cells ? { low: line.low, high: line.high } : {}),
    };
  });
}

function captionOf(runs: number, { x, lines }: Overlay, { smooth }: MetricLook): string {
  const sum = (of: (line: Overlay['lines'][number]) => number) =>
    lines.reduce((total, line) => total + of(line), 0);
  const points = sum((line) => line.points);
  const cells = sum((line) => line.last.filter((value) => value !== undefined).length);
  const count = (value: number, noun: string) =>
    `${formatNumber(value, 'count')} ${noun}${value === 1 ? '' : 's'}`;
  const kept = points > cells ? `as ${count(x.length, 'column')}, extremes kept` : 'every one';
  const nan = sum((line) => line.nan);
  return [
    `${count(runs, 'run')}, ${count(points, 'point')}, ${kept}`,
    ...(nan > 0 ? [`${formatNumber(nan, 'count')} are NaN`] : []),
    ...(smooth > 0 ? [`smoothed ${smooth}; extremes are not drawn`] : []),
  ].join('; ');
}

const lastOf = (runs: readonly ComparedRun[], key: string, field: 'step' | 'timestamp'): number =>
  Math.max(0, ...runs.map((run) => metricIn(run, key)?.[field] ?? 0));

/**
 * Metrics of any of the runs: those that say how good a run is first, then others, families (a slash), and last what has one value
 * or no steps, which is hardly ever a curve, and what the machine did.
 */
function curveKeys(runs: readonly ComparedRun[]): string[] {
  const metrics = runs.flatMap(({ run }) => run.data.metrics ?? []);
  const keys = new Set(metrics.map((metric) => metric.key));
  const curves = new Set(
    metrics.flatMap(({ key, step, min, max }) =>
      step === 0 || (min !== undefined && min === max) ? [] : [key],
    ),
  );
  const rank = (key: string) =>
    (isSystem(key) ? 6 : curves.has(key) ? 0 : 3) + (key.includes('/') ? 2 : betterOf(key) ? 0 : 1);
  return [...keys].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
