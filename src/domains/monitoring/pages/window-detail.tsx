import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Interval } from '../../../ui/interval.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { Status } from '../../../ui/status.tsx';
import { useSurroundings } from '../../../ui/surroundings.tsx';
import { formatDay } from '../../../ui/time.ts';
import type { Monitor, MonitorWindow } from '../schema.ts';
import { VALUES, wordOfWindow } from './monitor-words.ts';

/** The chosen window: its value with everything that stands behind it. */
export function WindowDetail({ monitor, window }: { monitor: Monitor; window: MonitorWindow }) {
  const { zone } = useSurroundings();
  const { spec } = monitor;
  const span = `${formatDay(window.start, zone)} to ${formatDay(window.end - 1, zone)}`;
  const service = window.detail.service;
  return (
    <Panel title={span} note={`event time, ${zone}`}>
      <Columns>
        <Facts
          rows={[
            ['State', <Status word={wordOfWindow(window)} still />],
            [VALUES[spec.kind].name, <Value monitor={monitor} window={window} span={span} />],
            [
              'Limit',
              window.limit === null
                ? 'none'
                : formatNumber(window.limit, spec.kind === 'service' ? 'share' : 'metric'),
            ],
            ['Rows', formatNumber(window.n, 'count')],
            ['With truth', spec.kind === 'quality' ? labelledText(window) : undefined],
            ['Errors', service ? formatNumber(service.errors, 'count') : undefined],
            [
              'p50, p99',
              service
                ? `${formatNumber(service.p50_ms, 'measure')}, ${formatNumber(service.p99_ms, 'measure')} ms`
                : undefined,
            ],
            ['Reference', window.detail.reference],
            ['Method', window.detail.method],
          ]}
        />
        <Metrics window={window} />
      </Columns>
    </Panel>
  );
}

const labelledText = (window: MonitorWindow) =>
  `${formatNumber(window.labelled, 'count')}, ${formatNumber(window.n === 0 ? 0 : window.labelled / window.n, 'share')}`;

function Value({ monitor, window, span }: { monitor: Monitor; window: MonitorWindow; span: string }) {
  const { name, style } = VALUES[monitor.spec.kind];
  const proof = {
    definition: `The ${name} of ${monitor.spec.endpoint} in this window.`,
    window: span,
    clock: 'event' as const,
    method: window.detail.method,
  };
  if (monitor.spec.kind !== 'quality')
    return <Num kind="counted" value={window.value} style={style} proof={{ ...proof, n: window.n }} />;
  return (
    <Num
      kind="estimated"
      value={window.value}
      style={style}
      n={window.labelled}
      interval={
        window.low === null || window.high === null
          ? { none: 'no interval: too few labelled rows' }
          : [window.low, window.high]
      }
      proof={proof}
    />
  );
}

/** Every metric that both sides have, as strips on one axis each. */
function Metrics({ window }: { window: MonitorWindow }) {
  const metrics = Object.entries(window.detail.metrics ?? {}).filter(
    ([, each]) => each.value !== null && each.low !== null && each.high !== null,
  );
  if (metrics.length === 0) return null;
  return (
    <div className="r-stack">
      {metrics.map(([name, served]) => {
        const baseline = window.detail.baseline?.[name];
        const rows = [
          ...(baseline && baseline.value !== null && baseline.low !== null && baseline.high !== null
            ? [
                {
                  label: 'baseline',
                  value: baseline.value,
                  interval: [baseline.low, baseline.high] as const,
                  n: baseline.n,
                  role: 'reference' as const,
                },
              ]
            : []),
          {
            label: 'served',
            value: served.value ?? 0,
            interval: [served.low ?? 0, served.high ?? 0] as const,
            n: served.n,
            role: 'current' as const,
          },
        ];
        return <Interval key={name} metric={name.replaceAll('_', ' ')} rows={rows} />;
      })}
    </div>
  );
}
