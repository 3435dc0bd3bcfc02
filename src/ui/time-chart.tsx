import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { chartColumns, CHART_LEFT, chartOptions, chartRight } from './chart-options.ts';
import { seriesVariable } from './chart-paint.ts';
import {
  type ChartAxis,
  type ChartLimit,
  type ChartSeries,
  chartSentence,
  prepareChart,
} from './chart-model.ts';
import { ChartTable, ChartTools } from './chart-tools.tsx';
import { EventLane, type LaneEvent } from './event-lane.tsx';
import { formatNumber, type NumberStyle } from './number.ts';
import { useSurroundings } from './surroundings.tsx';
import { formatAbsolute } from './time.ts';

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
  height?: number;
  /** n, smoothing, downsampling: "1,000,000 points as 960 columns, extremes kept". */
  caption?: string;
  /** Charts of one page and clock share this key: cursor and zoom move together. */
  sync?: string;
  /** Told when the shown range changes by drag, wheel or reset; the page may ask the server for finer points. */
  onRange?: (from: number, to: number) => void;
  /** Links of a pinned point: proof, run, rows. */
  links?: (index: number) => readonly { label: string; href: string }[];
}

/** Lines over time or steps, with bands, limits, gaps, events and a table twin. */
export function TimeChart(props: TimeChartProps) {
  const { metric, axis, x, series, events, style, log = false, height = 220, caption } = props;
  const { zone } = useSurroundings();
  const [asTable, setAsTable] = useState(false);
  const { ref: box, width } = useElementSize();
  const data = useMemo(() => prepareChart(x, series, log), [x, series, log]);
  const chart = useChart(props, data, width, asTable);
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
          metric={metric}
          axis={axis}
          x={x}
          series={series}
          asTable={asTable}
          onTable={setAsTable}
          root={chart.host}
        />
      </figcaption>
      {asTable ? (
        <ChartTable metric={metric} axis={axis} x={x} series={series} style={style} />
      ) : (
        <>
          {events && axis.kind === 'time' && chart.range && width > 0 ? (
            <EventLane
              events={events}
              from={chart.range[0]}
              to={chart.range[1]}
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
            onKeyDown={chart.onKeyDown}
            style={{ height }}
          >
            <div ref={chart.host} onClick={chart.pin} onDoubleClick={chart.reset} />
            {chart.index === null ? null : (
              <Tip
                index={chart.index}
                left={chart.left}
                width={width}
                pinned={chart.pinned}
                x={data.x}
                axis={axis}
                zone={zone}
                rows={tipRows(series, data, chart.index)}
                style={style}
                links={chart.pinned ? props.links?.(chart.index) : undefined}
              />
            )}
          </div>
        </>
      )}
      {caption || data.notes.length ? (
        <p className="r-small">{[caption, ...data.notes].filter(Boolean).join('. ')}</p>
      ) : null}
    </figure>
  );
}

const NO_LIMITS: readonly ChartLimit[] = [];

function useChart(
  props: TimeChartProps,
  data: ReturnType<typeof prepareChart>,
  width: number,
  hidden: boolean,
) {
  const { zone } = useSurroundings();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ data, props });
  latest.current = { data, props };
  const [index, setIndex] = useState<number | null>(null);
  const [pinned, setPinned] = useState<number | null>(null);
  const [range, setRange] = useState<[number, number]>();
  const shape = JSON.stringify([
    props.axis,
    props.limits,
    props.style,
    props.log,
    props.sync,
    props.height,
    zone,
    hidden,
    width > 0,
    props.series.map((each) => [
      each.key,
      each.label,
      each.role,
      each.colour,
      Boolean(each.low),
      each.provisionalFrom !== undefined,
    ]),
  ]);
  useEffect(() => {
    const target = host.current;
    if (!target || width === 0) return;
    const now = latest.current.props;
    const u = new uPlot(
      chartOptions({
        width: target.clientWidth,
        height: now.height ?? 220,
        axis: now.axis,
        zone,
        series: now.series,
        limits: now.limits ?? NO_LIMITS,
        style: now.style,
        log: now.log,
        sync: now.sync,
        current: () => latest.current.data,
        onCursor: setIndex,
        onScale: (from, to) => {
          setRange((old) => (old?.[0] === from && old[1] === to ? old : [from, to]));
          latest.current.props.onRange?.(from, to);
        },
      }),
      chartColumns(latest.current.data),
      target,
    );
    plot.current = u;
    const stop = redrawWhenLooksChange(u);
    return () => {
      stop();
      u.destroy();
      plot.current = undefined;
    };
    // The chart is built anew only when its shape changes; data and size are patched below.
  }, [shape]);
  useEffect(() => plot.current?.setData(chartColumns(data), !isZoomed(plot.current, data.x)), [data]);
  useEffect(() => {
    const u = plot.current;
    if (u && width > 0 && u.width !== width) u.setSize({ width, height: u.height });
  }, [width]);
  const reset = () => {
    const [from, to] = [data.x[0], data.x.at(-1)];
    if (from !== undefined && to !== undefined) plot.current?.setScale('x', { min: from, max: to });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const u = plot.current;
    if (!u || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      const to = Math.max(
        0,
        Math.min(
          data.x.length - 1,
          (index ?? (step > 0 ? -1 : data.x.length)) + step * (event.shiftKey ? 10 : 1),
        ),
      );
      u.setCursor({ left: u.valToPos(data.x[to]!, 'x'), top: 10 });
    } else if (event.key === 'Enter') setPinned(pinned === null ? index : null);
    else if (event.key === 'Escape' && pinned !== null) setPinned(null);
    else if (event.key === '0') reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = pinned ?? index;
  const u = plot.current;
  const at = shown === null ? undefined : data.x[shown];
  return {
    host,
    index: at === undefined ? null : shown,
    pinned: pinned !== null,
    left: u && at !== undefined ? CHART_LEFT + u.valToPos(at, 'x') : 0,
    range,
    reset,
    onKeyDown,
    pin: () => setPinned(pinned === null ? index : null),
  };
}

function isZoomed(u: uPlot, x: readonly number[]): boolean {
  const { min, max } = u.scales.x ?? {};
  const old = u.data[0];
  return min != null && max != null && x.length > 0 && (min > (old[0] ?? min) || max < (old.at(-1) ?? max));
}

/** Redraws on a change of scheme and when the faces have arrived. Returns how to stop. */
function redrawWhenLooksChange(u: uPlot): () => void {
  let on = true;
  const redraw = () => on && u.redraw(false, true);
  const observer = new MutationObserver(redraw);
  observer.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
  void document.fonts.ready.then(redraw);
  return () => {
    on = false;
    observer.disconnect();
  };
}

interface TipRow {
  label: string;
  value: number;
  low: number | null;
  high: number | null;
  variable: string;
  dashed: boolean;
  provisional: boolean;
}

function tipRows(
  series: readonly ChartSeries[],
  data: ReturnType<typeof prepareChart>,
  index: number,
): TipRow[] {
  const rows = series.flatMap((each, at): TipRow[] => {
    const column = data.series[at];
    const settled = column?.settled[index] ?? null;
    const value = settled ?? column?.provisional[index] ?? null;
    if (!column || value === null) return [];
    return [
      {
        label: each.label,
        value,
        low: column.low[index] ?? null,
        high: column.high[index] ?? null,
        variable: seriesVariable(each, at),
        dashed: each.role === 'reference',
        provisional: settled === null,
      },
    ];
  });
  return rows.sort((a, b) => b.value - a.value).slice(0, 12);
}

interface TipProps {
  index: number;
  left: number;
  width: number;
  pinned: boolean;
  x: readonly number[];
  axis: ChartAxis;
  zone: string;
  rows: readonly TipRow[];
  style?: NumberStyle;
  links?: readonly { label: string; href: string }[];
}

function Tip({ index, left, width, pinned, x, axis, zone, rows, style, links }: TipProps) {
  const at = x[index];
  if (at === undefined || rows.length === 0) return null;
  const side = left > width / 2 ? { right: width - left + 12 } : { left: left + 12 };
  return (
    <div className="r-tip" data-pinned={pinned || undefined} style={side}>
      <p className="r-small">
        {axis.kind === 'time'
          ? formatAbsolute(at, zone, { zone: true })
          : `${axis.name} ${formatNumber(at, 'count')}`}
      </p>
      {rows.map((row) => (
        <p key={row.label} className="r-tip-row">
          <i style={{ borderTop: `2px ${row.dashed ? 'dashed' : 'solid'} var(${row.variable})` }} />
          <span>{row.label}</span>
          <b>{formatNumber(row.value, style)}</b>
          {row.low !== null && row.high !== null ? (
            <span className="r-num-spread">
              {formatNumber(row.low, style)} to {formatNumber(row.high, style)}
            </span>
          ) : null}
          {row.provisional ? <span className="r-num-spread">provisional</span> : null}
        </p>
      ))}
      {links?.length ? (
        <p className="r-row">
          {links.map((link) => (
            <a key={link.label} href={link.href}>
              {link.label}
            </a>
          ))}
        </p>
      ) : null}
    </div>
  );
}
