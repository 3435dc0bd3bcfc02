import { useDebouncedCallback } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { AnswerOf } from '../../../lib/contract/index.ts';
import { type Answered, useEndpoint } from '../../../ui/data.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { TimeChart } from '../../../ui/time-chart.tsx';
import { runTableContract } from '../contract/run-table.ts';
import type { Metric, Run } from '../schema.ts';
import { type MetricLook, useMetricRange } from './metric-look.tsx';
import { isPart, type Line, lineOf, smoothed, withFiner, type XAxis } from './metric-points.ts';

const COLUMNS = 480;
const ZOOM_MS = 300;

/** One metric of a run over its steps or over time; it grows while the run goes on. */
export function MetricCard({
  project,
  run,
  metric,
  look,
}: {
  project: string;
  run: Run;
  metric: Metric;
  look: MetricLook;
}) {
  // A metric without steps lies on time, whatever was chosen.
  const axis: XAxis = metric.step === 0 && look.axis === 'step' ? 'time' : look.axis;
  const on = axis === 'step' ? ('step' as const) : ('time' as const);
  const began = run.info.start_time;
  const [range, setRange] = useState<{ from: number; to: number; axis: XAxis }>();
  const zoom = useDebouncedCallback((from: number, to: number) => setRange({ from, to, axis }), ZOOM_MS);
  const end = on === 'step' ? metric.step : metric.timestamp;
  const all = usePoints(project, run, metric.key, on, { to: end });
  const curve = all.data?.curves[0];
  const within = range?.axis === axis ? spanOf(range, axis, began) : undefined;
  const partial = within && curve && isPart(curve, within, on) ? within : undefined;
  const fine = usePoints(project, run, metric.key, on, partial);
  const line = useMemo(
    () => curve && lineOf(withFiner(curve, partial && fine.data?.curves[0], on), axis, began),
    [curve, fine.data, partial, on, axis, began],
  );
  return (
    <figure className="r-metric-card">
      {line && line.x.length > 1 ? (
        <LineChart
          metric={metric}
          line={line}
          look={{ ...look, axis }}
          sync={`${run.info.run_id} ${axis}`}
          onRange={zoom}
        />
      ) : (
        <>
          <figcaption className="r-h3">{metric.key}</figcaption>
          <p className="r-small">
            {all.data ? 'All its points stand at one place of this axis.' : 'Loading.'}
          </p>
        </>
      )}
    </figure>
  );
}

function usePoints(
  project: string,
  run: Run,
  key: string,
  axis: 'step' | 'time',
  span: { from?: number; to: number } | undefined,
): Answered<AnswerOf<typeof runTableContract.getMetricPoints>> {
  return useEndpoint(
    runTableContract.getMetricPoints,
    span && {
      params: { project },
      query: { run_ids: [run.info.run_id], key: [key], axis, columns: COLUMNS, ...span },
    },
  );
}

/** The range of a chart in steps or epoch ms. */
function spanOf({ from, to }: { from: number; to: number }, axis: XAxis, began: number) {
  const whole = (value: number) => Math.round(axis === 'relative' ? began + value * 1000 : value);
  return { from: Math.max(0, whole(from)), to: whole(to) };
}

function LineChart({
  metric,
  line,
  look,
  sync,
  onRange,
}: {
  metric: Metric;
  line: Line;
  look: MetricLook;
  sync: string;
  onRange: (from: number, to: number) => void;
}) {
  const series = useMemo(() => {
    const band = { low: line.low, high: line.high };
    const drawn = line.points > line.x.length ? band : {};
    if (look.smooth <= 0)
      return [{ key: metric.key, label: metric.key, role: 'current' as const, values: line.last, ...drawn }];
    return [
      { key: 'raw', label: 'raw', role: 'reference' as const, values: line.last, ...drawn },
      {
        key: metric.key,
        label: metric.key,
        role: 'current' as const,
        values: smoothed(line.x, line.last, look.smooth),
      },
    ];
  }, [line, look.smooth, metric.key]);
  const shownY = useMetricRange(look, metric.key);
  return (
    <TimeChart
      metric={metric.key}
      axis={
        look.axis === 'time'
          ? { kind: 'time', clock: 'wall' }
          : { kind: 'count', name: look.axis === 'step' ? 'step' : 'seconds since the start' }
      }
      x={line.x}
      log={look.log}
      {...shownY}
      sync={sync}
      height={170}
      series={series}
      style="metric"
      onRange={onRange}
      caption={captionOf(line, look)}
    />
  );
}

function captionOf(line: Pick<Line, 'points' | 'x' | 'nan'>, { smooth }: Pick<MetricLook, 'smooth'>): string {
  const points = formatNumber(line.points, 'count');
  const drawn =
    line.points > line.x.length
      ? `${points} points as ${formatNumber(line.x.length, 'count')} columns, extremes kept`
      : `${points} points, every one`;
  const odd = line.nan > 0 ? `; ${formatNumber(line.nan, 'count')} are NaN` : '';
  return `${drawn}${odd}${smooth > 0 ? `; smoothed ${smooth}` : ''}`;
}
