import { useElementSize } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { CHART_LEFT, chartRight } from './chart-options.ts';
import {
  type ChartAxis,
  type ChartLimit,
  type ChartSeries,
  chartSentence,
  prepareChart,
} from './chart-model.ts';
import { type ChartEnds, type ChartRange, leftOut } from './chart-range.ts';
import { ChartTip, tipRows } from './chart-tip.tsx';
import { ChartTable, ChartTools, pointsCsv } from './chart-tools.tsx';
import { EventLane, type LaneEvent } from './event-lane.tsx';
import type { NumberStyle } from './number.ts';
import type { Proof } from './proof.ts';
import { savePng } from './save-file.ts';
import { useSurroundings } from './surroundings.tsx';
import { formatAbsolute } from './time.ts';
import { useChart } from './use-chart.ts';

export interface TimeChartProps {
  /** Metric and unit: the title. */
  metric: string;
  axis: ChartAxis;
  /** Milliseconds on a time axis, counts otherwise; ascending. */
  x: readonly number[];
  series: readonly ChartSeries[];
  limits?: readonly ChartLimit[];
  events?: readonly LaneEvent[];
  style?: NumberStyle;
  log?: boolean;
  /** What of y is shown; everything when left out. */
  y?: ChartRange;
  /** Told when somebody types the ends of y; without it they cannot. */
  onY?: (ends: ChartEnds) => void;
  height?: number;
  /** n, smoothing, downsampling: "1,000,000 points as 960 columns, extremes kept". */
  caption?: string;
  /** Charts of one page and clock share this key: cursor and zoom move together. */
  sync?: string;
  /** Told when the shown range changes by drag, wheel or reset; the page may ask the server for finer points. */
  onRange?: (from: number, to: number) => void;
  /** What stands behind a point of a series; its value in the pinned tip opens it. */
  proof?: (series: string, index: number) => Proof | undefined;
  /** Links of a pinned point: run, rows. */
  links?: (index: number) => readonly { label: string; href: string }[];
}

/** Lines over time or steps, with bands, limits, gaps, events and a table twin. */
export function TimeChart(props: TimeChartProps) {
  const { metric, axis, x, series, events, style, log = false, y, onY, height = 220, caption } = props;
  const { zone } = useSurroundings();
  const [asTable, setAsTable] = useState(false);
  const { ref: box, width } = useElementSize();
  const data = useMemo(() => prepareChart(x, series, log), [x, series, log]);
  const beyond = useMemo(() => (y ? leftOut(data, y, log) : undefined), [data, y, log]);
  const { host, setHost, index, pinned, left, range, onKeyDown } = useChart(props, data, width);
  const axisTitle =
    axis.kind === 'time' ? `${axis.clock === 'event' ? 'event time' : 'wall clock'}, ${zone}` : axis.name;
  const span =
    x.length === 0
      ? 'no points'
      : axis.kind === 'time'
        ? `${formatAbsolute(x[0]!, zone)} to ${formatAbsolute(x.at(-1)!, zone)}`
        : `${axis.name} ${x[0]} to ${x.at(-1)}`;
  const sentence = chartSentence(metric, series, span, style);
  return (
    <figure className="r-chart" ref={box}>
      <figcaption className="r-chart-head">
        <span className="r-h3">{metric}</span>
        <span className="r-small">{axisTitle}</span>
        <span className="r-spring" />
        <ChartTools
          name={metric}
          csv={() => pointsCsv({ axis, x, series })}
          picture={{ label: 'PNG', save: () => savePng(host, metric) }}
          asTable={asTable}
          onTable={setAsTable}
          range={onY && { metric, ends: y ?? {}, onChange: onY }}
        />
      </figcaption>
      {asTable ? (
        <ChartTable metric={metric} axis={axis} x={x} series={series} style={style} />
      ) : (
        <>
          {events && axis.kind === 'time' && range && width > 0 ? (
            <EventLane
              events={events}
              from={range[0]}
              to={range[1]}
              left={CHART_LEFT}
              right={chartRight(series)}
              width={width}
            />
          ) : null}
          <div
            className="r-chart-plot"
            role="img"
            aria-label={sentence}
            tabIndex={0}
            onKeyDown={onKeyDown}
            style={{ height }}
          >
            <div ref={setHost} />
            {index === null ? null : (
              <ChartTip
                index={index}
                left={left}
                width={width}
                pinned={pinned}
                x={data.x}
                axis={axis}
                zone={zone}
                rows={tipRows(series, data, index)}
                style={style}
                links={pinned ? props.links?.(index) : undefined}
                proof={pinned && props.proof ? (key) => props.proof?.(key, index) : undefined}
              />
            )}
          </div>
        </>
      )}
      <ChartCaption parts={[caption, ...data.notes, asTable ? undefined : beyond]} />
    </figure>
  );
}

function ChartCaption({ parts }: { parts: readonly (string | undefined)[] }) {
  const text = parts.filter(Boolean).join('. ');
  return text ? <p className="r-small">{text}</p> : null;
}
