import { type KeyboardEvent, useEffect, useEffectEvent, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartData } from './chart-model.ts';
import { CHART_LEFT, chartColumns, chartOptions } from './chart-options.ts';
import { useSurroundings } from './surroundings.tsx';
import type { TimeChartProps } from './time-chart.tsx';

/** Keeps a uPlot in step with props: built anew when its shape changes, patched for data and size. */
export function useChart(props: TimeChartProps, data: ChartData, width: number) {
  const { zone } = useSurroundings();
  const [host, setHost] = useState<HTMLElement | null>(null);
  const [plot, setPlot] = useState<uPlot>();
  const [index, setIndex] = useState<number | null>(null);
  const [pinned, setPinned] = useState<number | null>(null);
  const [range, setRange] = useState<[number, number]>();
  const measured = width > 0;
  const shape = JSON.stringify([
    props.axis,
    props.limits,
    props.style,
    props.log,
    props.y,
    props.sync,
    props.height,
    zone,
    props.series.map((each) => [
      each.key,
      each.label,
      each.role,
      each.colour,
      Boolean(each.low),
      each.provisionalFrom !== undefined,
    ]),
  ]);
  const drawn = useRef<ChartData>(undefined);
  const current = useEffectEvent(() => data);
  const scaled = useEffectEvent((from: number, to: number) => {
    setRange([from, to]);
    props.onRange?.(from, to);
  });
  const build = useEffectEvent((target: HTMLElement) => {
    const { axis, series, limits = [], style, log, y, sync, height = 220 } = props;
    const options = {
      axis,
      series,
      limits,
      style,
      log,
      y,
      sync,
      height,
      zone,
      width: target.clientWidth,
      current: () => current(),
    };
    drawn.current = data;
    return new uPlot(
      chartOptions({ ...options, onCursor: setIndex, onScale: (from, to) => scaled(from, to) }),
      chartColumns(data),
      target,
    );
  });
  useEffect(() => {
    if (!host || !measured) return;
    const u = build(host);
    const stops = [
      redrawWhenLooksChange(u),
      zoomByWheel(u),
      onPlainClick(u, () => setPinned((old) => (old === null ? (u.cursor.idx ?? null) : null))),
    ];
    // oxlint-disable-next-line react/set-state-in-effect -- the plot is an outside object that lives as long as this effect
    setPlot(u);
    return () => {
      for (const stop of stops) stop();
      u.destroy();
      setPlot(undefined);
    };
  }, [host, measured, shape]);
  useEffect(() => {
    if (!plot || drawn.current === data) return;
    drawn.current = data;
    plot.setData(chartColumns(data), !isZoomed(plot));
  }, [plot, data]);
  useEffect(() => {
    if (plot && width > 0 && plot.width !== width) plot.setSize({ width, height: plot.height });
  }, [plot, width]);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      const from = index ?? (step > 0 ? -1 : data.x.length);
      const to = Math.max(0, Math.min(data.x.length - 1, from + step * (event.shiftKey ? 10 : 1)));
      plot.setCursor({ left: plot.valToPos(data.x[to] ?? 0, 'x'), top: 10 });
    } else if (event.key === 'Enter') setPinned(pinned === null ? index : null);
    else if (event.key === 'Escape' && pinned !== null) setPinned(null);
    else if (event.key === '0') showAll(plot);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = pinned ?? index;
  const at = shown === null ? undefined : data.x[shown];
  return {
    host,
    setHost,
    index: at === undefined ? null : shown,
    pinned: pinned !== null,
    left: plot && at !== undefined ? CHART_LEFT + plot.valToPos(at, 'x') : 0,
    range,
    onKeyDown,
  };
}

function showAll(u: uPlot): void {
  const [first, last] = [u.data[0][0], u.data[0].at(-1)];
  if (first !== undefined && last !== undefined) u.setScale('x', { min: first, max: last });
}

function isZoomed(u: uPlot): boolean {
  const { min, max } = u.scales.x ?? {};
  const x = u.data[0];
  return min != null && max != null && (min > (x[0] ?? min) || max < (x.at(-1) ?? max));
}

/** `Ctrl` and the wheel zoom around the cursor, never beyond the data. Returns how to stop. */
function zoomByWheel(u: uPlot): () => void {
  const onWheel = (event: WheelEvent) => {
    const { min, max } = u.scales.x ?? {};
    const [first, last] = [u.data[0][0], u.data[0].at(-1)];
    if (!event.ctrlKey || min == null || max == null || first === undefined || last === undefined) return;
    event.preventDefault();
    const at = u.posToVal(event.clientX - u.over.getBoundingClientRect().left, 'x');
    const factor = event.deltaY > 0 ? 1.25 : 0.8;
    u.setScale('x', {
      min: Math.max(first, at - (at - min) * factor),
      max: Math.min(last, at + (max - at) * factor),
    });
  };
  u.over.addEventListener('wheel', onWheel, { passive: false });
  return () => u.over.removeEventListener('wheel', onWheel);
}

/** A click that was no drag. Returns how to stop. */
function onPlainClick(u: uPlot, run: () => void): () => void {
  let pressed = 0;
  const onDown = (event: MouseEvent) => {
    pressed = event.clientX;
  };
  const onClick = (event: MouseEvent) => {
    if (Math.abs(event.clientX - pressed) < 3) run();
  };
  u.over.addEventListener('mousedown', onDown);
  u.over.addEventListener('click', onClick);
  return () => {
    u.over.removeEventListener('mousedown', onDown);
    u.over.removeEventListener('click', onClick);
  };
}

/** Redraws on a change of scheme and when the faces have arrived. Returns how to stop. */
function redrawWhenLooksChange(u: uPlot): () => void {
  let on = true;
  const redraw = () => on && u.redraw(false, true);
  const observer = new MutationObserver(redraw);
  observer.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
  if (document.fonts.status === 'loading') void document.fonts.ready.then(redraw);
  return () => {
    on = false;
    observer.disconnect();
  };
}
