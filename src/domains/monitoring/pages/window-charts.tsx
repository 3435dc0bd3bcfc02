import { useMemo } from 'react';
import type { Proof } from '../../../ui/proof.ts';
import { TimeChart } from '../../../ui/time-chart.tsx';
import { formatDay } from '../../../ui/time.ts';
import type { Alert, Monitor, MonitorWindow } from '../schema.ts';
import { windowProof } from '../schema/proofs.ts';
import { laneOf, provisionalFrom, VALUES } from './monitor-words.ts';

interface WindowChartsProps {
  monitor: Monitor;
  /** Oldest first. */
  windows: readonly MonitorWindow[];
  alerts: readonly Alert[];
}

/** The value of every window with its interval and limit, under the events of the same time; then what it is made of. */
export function WindowCharts({ monitor, windows, alerts }: WindowChartsProps) {
  const x = useMemo(() => windows.map((window) => window.end), [windows]);
  const lane = useMemo(() => laneOf(windows, alerts), [windows, alerts]);
  const limit = windows.at(-1)?.limit ?? null;
  const { name, style } = VALUES[monitor.spec.kind];
  const counts = windows.map((window) => (monitor.spec.kind === 'quality' ? window.labelled : window.n));
  const span =
    counts.length > 0
      ? `n ${Math.min(...counts).toLocaleString('en-US')} to ${Math.max(...counts).toLocaleString('en-US')} a window`
      : '';
  return (
    <>
      <TimeChart
        metric={`${name} of ${monitor.spec.endpoint}`}
        axis={{ kind: 'time', clock: 'event' }}
        x={x}
        sync={monitor.name}
        style={style}
        series={[
          {
            key: 'value',
            label: monitor.spec.kind,
            role: 'current',
            values: windows.map((window) => window.value),
            low: windows.map((window) => window.low),
            high: windows.map((window) => window.high),
            provisionalFrom: provisionalFrom(windows),
          },
        ]}
        proof={(_, index) =>
          proofAt(monitor, windows[index], `The ${name} of ${monitor.spec.endpoint} in this window.`)
        }
        limits={limit === null ? [] : [{ at: Number(limit.toPrecision(4)), label: 'limit' }]}
        events={lane}
        caption={[
          span,
          'each point stands at the end of its window',
          monitor.spec.kind === 'quality' ? 'intervals are 95%, normal' : '',
        ]
          .filter(Boolean)
          .join('; ')}
      />
      {monitor.spec.kind === 'quality' ? <Losses monitor={monitor} windows={windows} x={x} /> : null}
      {monitor.spec.kind === 'service' ? <Latency monitor={monitor} windows={windows} x={x} /> : null}
    </>
  );
}

const proofAt = (
  monitor: Monitor,
  window: MonitorWindow | undefined,
  definition: string,
): Proof | undefined =>
  window && {
    ...windowProof(
      monitor.project,
      monitor.spec,
      window,
      `${formatDay(window.start, 'UTC')} to ${formatDay(window.end - 1, 'UTC')}`,
    ),
    definition,
    n: monitor.spec.kind === 'quality' ? window.labelled : window.n,
  };

/** Served and baseline on the same rows, in the first metric that both have. */
function Losses({
  monitor,
  windows,
  x,
}: {
  monitor: Monitor;
  windows: readonly MonitorWindow[];
  x: readonly number[];
}) {
  const metric = windows
    .flatMap((window) => Object.keys(window.detail.metrics ?? {}))
    .find((key) => windows.some((window) => window.detail.baseline?.[key]));
  if (!metric) return null;
  const of = (side: 'metrics' | 'baseline', part: 'value' | 'low' | 'high') =>
    windows.map((window) => window.detail[side]?.[metric]?.[part] ?? null);
  return (
    <TimeChart
      metric={`${metric.replaceAll('_', ' ')} of ${monitor.spec.endpoint}`}
      axis={{ kind: 'time', clock: 'event' }}
      x={x}
      sync={monitor.name}
      height={180}
      series={[
        {
          key: 'served',
          label: 'served',
          role: 'current',
          values: of('metrics', 'value'),
          low: of('metrics', 'low'),
          high: of('metrics', 'high'),
          provisionalFrom: provisionalFrom(windows),
        },
        { key: 'baseline', label: 'baseline', role: 'reference', values: of('baseline', 'value') },
      ]}
      proof={(side, index) =>
        proofAt(
          monitor,
          windows[index],
          `${metric.replaceAll('_', ' ')} of ${side === 'served' ? 'what was served' : 'the baseline of the charter'} on the labelled rows of this window.`,
        )
      }
      caption="Both on the same labelled rows"
    />
  );
}

function Latency({
  monitor,
  windows,
  x,
}: {
  monitor: Monitor;
  windows: readonly MonitorWindow[];
  x: readonly number[];
}) {
  const limit = monitor.spec.kind === 'service' ? monitor.spec.max_p99_ms : undefined;
  return (
    <TimeChart
      metric={`latency of ${monitor.spec.endpoint}, ms`}
      axis={{ kind: 'time', clock: 'event' }}
      x={x}
      sync={monitor.name}
      height={180}
      style="measure"
      series={[
        {
          key: 'p50',
          label: 'p50',
          colour: 6,
          values: windows.map((window) => window.detail.service?.p50_ms ?? null),
        },
        {
          key: 'p99',
          label: 'p99',
          colour: 1,
          values: windows.map((window) => window.detail.service?.p99_ms ?? null),
        },
      ]}
      limits={limit === undefined ? [] : [{ at: limit, label: 'p99 limit' }]}
      proof={(share, index) =>
        proofAt(monitor, windows[index], `The ${share} latency of the requests of this window.`)
      }
      caption="From the arrival of a request to the write of its log line"
    />
  );
}
