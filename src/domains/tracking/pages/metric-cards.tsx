import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import type { Metric, Run } from '../schema.ts';
import { MetricCard } from './metric-card.tsx';
import { metricRows } from './metric-grid.ts';
import type { MetricLook } from './metric-look.tsx';
import { NumberCard } from './number-card.tsx';

/** Heights of rows in px, and the least widths of what stands in them. */
const HEIGHT = { curves: 256, numbers: 84 };
const CURVE_WIDTH = 420;
const NUMBER_WIDTH = 168;

/** Metrics as charts, those of one point as numbers; however many there are, only what is seen is drawn. */
export function MetricCards({
  project,
  run,
  metrics,
  look,
}: {
  project: string;
  run: Run;
  metrics: readonly Metric[];
  look: MetricLook;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizer, width } = useElementSize<HTMLDivElement>();
  const across = useMemo(
    () => ({
      curves: Math.max(1, Math.min(3, Math.floor(width / CURVE_WIDTH))),
      numbers: Math.max(2, Math.floor(width / NUMBER_WIDTH)),
    }),
    [width],
  );
  const rows = useMemo(() => metricRows(metrics, across), [metrics, across]);
  // oxlint-disable-next-line react/incompatible-library -- only the React Compiler, which is not used, cannot memoise it
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => HEIGHT[rows[index]?.kind ?? 'curves'],
    getItemKey: (index) => `${index} ${rows[index]?.kind}`,
    overscan: 0,
    initialRect: { width: 800, height: 720 },
  });
  return (
    <div
      className="r-metric-scroll"
      ref={useMergedRef(scroller, sizer)}
      role="region"
      aria-label="Charts of metrics"
      tabIndex={0}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {width === 0
          ? null
          : virtual.getVirtualItems().map((item) => {
              const row = rows[item.index];
              return row ? (
                <div
                  key={item.index}
                  className="r-metric-row"
                  data-kind={row.kind}
                  style={{
                    transform: `translateY(${item.start}px)`,
                    height: item.size,
                    gridTemplateColumns: `repeat(${across[row.kind]}, minmax(0, 1fr))`,
                  }}
                >
                  {row.metrics.map((metric) =>
                    row.kind === 'numbers' ? (
                      <NumberCard key={metric.key} run={run} metric={metric} />
                    ) : (
                      <MetricCard key={metric.key} project={project} run={run} metric={metric} look={look} />
                    ),
                  )}
                </div>
              ) : null;
            })}
      </div>
    </div>
  );
}
