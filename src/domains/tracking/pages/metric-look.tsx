import { useMemo } from 'react';
import type { ChartEnds, ChartRange } from '../../../ui/chart-range.ts';
import { usePlace } from '../../../ui/place.ts';
import type { XAxis } from './metric-points.ts';
import { rangesText, readRanges } from './metric-ranges.ts';

export interface MetricLook {
  axis: XAxis;
  /** 0 to 0.99; 0 is off. */
  smooth: number;
  log: boolean;
  ignoreOutliers: boolean;
  /** Ends of y that were typed, by metric. */
  ranges: ReadonlyMap<string, ChartEnds>;
}

const AXES: readonly (readonly [XAxis, string])[] = [
  ['step', 'Step'],
  ['time', 'Time'],
  ['relative', 'Relative'],
];
const SMOOTHING = [0, 0.3, 0.6, 0.9, 0.99];

/** How the address wants metrics drawn. */
export function useMetricLook(): MetricLook {
  const { search } = usePlace();
  return useMemo(
    () => ({
      axis: AXES.find(([axis]) => axis === search.x)?.[0] ?? 'step',
      smooth: Math.min(0.99, Math.max(0, Number(search.smooth ?? 0) || 0)),
      log: search.log === '1',
      ignoreOutliers: search.outliers === '0',
      ranges: readRanges(search.y),
    }),
    [search.x, search.smooth, search.log, search.outliers, search.y],
  );
}

/** What of y the chart of a metric shows, and how to change it. */
export function useMetricRange({ ignoreOutliers, ranges }: MetricLook, metric: string) {
  const { setSearch } = usePlace();
  const ends = ranges.get(metric);
  const y = useMemo(
    (): ChartRange | undefined => (ends || ignoreOutliers ? { ...ends, ignoreOutliers } : undefined),
    [ends, ignoreOutliers],
  );
  return { y, onY: (next: ChartEnds) => setSearch({ y: rangesText(ranges, metric, next) }) };
}

/** Axis, smoothing and scale of charts of metrics. */
export function LookTools({ look }: { look: MetricLook }) {
  const { setSearch } = usePlace();
  return (
    <>
      <span className="r-segments" role="group" aria-label="Horizontal axis">
        {AXES.map(([axis, label]) => (
          <button
            key={axis}
            type="button"
            aria-pressed={look.axis === axis}
            onClick={() => setSearch({ x: axis === 'step' ? undefined : axis })}
          >
            {label}
          </button>
        ))}
      </span>
      <label className="r-check">
        Smoothing
        <select
          className="r-select"
          value={SMOOTHING.includes(look.smooth) ? look.smooth : 0}
          onChange={(event) => setSearch({ smooth: Number(event.currentTarget.value) || undefined })}
        >
          {SMOOTHING.map((weight) => (
            <option key={weight} value={weight}>
              {weight === 0 ? 'off' : weight}
            </option>
          ))}
        </select>
      </label>
      <label className="r-check">
        <input
          type="checkbox"
          checked={look.log}
          onChange={() => setSearch({ log: look.log ? undefined : 1 })}
        />
        Log scale
      </label>
      <label className="r-check">
        <input
          type="checkbox"
          checked={look.ignoreOutliers}
          onChange={() => setSearch({ outliers: look.ignoreOutliers ? undefined : 0 })}
        />
        Ignore outliers
      </label>
    </>
  );
}
