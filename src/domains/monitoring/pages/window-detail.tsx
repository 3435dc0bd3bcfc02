import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Interval } from '../../../ui/interval.tsx';
import { Num } from '../../../ui/num.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Status } from '../../../ui/status.tsx';
import { useSurroundings } from '../../../ui/surroundings.tsx';
import { formatDay } from '../../../ui/time.ts';
import type { Monitor, MonitorWindow } from '../schema.ts';
import { limitProof, windowProof } from '../schema/proofs.ts';
import { VALUES, wordOfWindow } from './monitor-words.ts';

type About = ReturnType<typeof windowProof>;

/** The chosen window: its value with everything that stands behind it. */
export function WindowDetail({ monitor, window }: { monitor: Monitor; window: MonitorWindow }) {
  const { zone } = useSurroundings();
  const { spec } = monitor;
  const span = `${formatDay(window.start, zone)} to ${formatDay(window.end - 1, zone)}`;
  const service = window.detail.service;
  const about = windowProof(monitor.project, spec, window, span);
  return (
    <Panel title={span} note={`event time, ${zone}`}>
      <Columns>
        <Facts
          rows={[
            ['State', <Status word={wordOfWindow(window)} still />],
            [VALUES[spec.kind].name, <Value monitor={monitor} window={window} about={about} />],
            [
              'Limit',
              window.limit === null ? (
                'none'
              ) : (
                <Num
                  kind="counted"
                  value={window.limit}
                  style={spec.kind === 'service' ? 'share' : 'metric'}
                  proof={limitProof(monitor)}
                />
              ),
            ],
            [
              'Rows',
              <Num
                kind="counted"
                value={window.n}
                proof={{ ...about, definition: 'Answers of the endpoint in this window.' }}
              />,
            ],
            ['With truth', spec.kind === 'quality' ? <Labelled window={window} about={about} /> : undefined],
            [
              'Errors',
              service ? (
                <Num
                  kind="counted"
                  value={service.errors}
                  proof={{ ...about, definition: 'Requests of this window that failed.', n: window.n }}
                />
              ) : undefined,
            ],
            [
              'p50, p99',
              service ? (
                <>
                  <Latency value={service.p50_ms} share="half" n={window.n} about={about} />,{' '}
                  <Latency value={service.p99_ms} share="99%" n={window.n} about={about} />
                </>
              ) : undefined,
            ],
            ['Reference', window.detail.reference],
            ['Method', window.detail.method],
          ]}
        />
        <Metrics window={window} about={about} />
      </Columns>
    </Panel>
  );
}

function Labelled({ window, about }: { window: MonitorWindow; about: About }) {
  const proof = { ...about, definition: 'Answers of this window whose truth is known.', n: window.n };
  return (
    <>
      <Num kind="counted" value={window.labelled} proof={proof} />,{' '}
      <Num
        kind="counted"
        value={window.n === 0 ? 0 : window.labelled / window.n}
        style="share"
        proof={proof}
      />
    </>
  );
}

function Latency({
  value,
  share,
  n,
  about,
}: {
  value: number | null;
  share: string;
  n: number;
  about: About;
}) {
  return (
    <Num
      kind="counted"
      value={value}
      style="measure"
      unit="ms"
      proof={{
        ...about,
        definition: `${share} of the requests of this window were answered within this time.`,
        n,
      }}
    />
  );
}

function Value({ monitor, window, about }: { monitor: Monitor; window: MonitorWindow; about: About }) {
  const { name, style } = VALUES[monitor.spec.kind];
  const proof = { ...about, definition: `The ${name} of ${monitor.spec.endpoint} in this window.` };
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
function Metrics({ window, about }: { window: MonitorWindow; about: About }) {
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
                  proof: {
                    ...about,
                    definition: `${name.replaceAll('_', ' ')} of the baseline of the charter on the labelled rows of this window.`,
                  },
                },
              ]
            : []),
          {
            label: 'served',
            value: served.value ?? 0,
            interval: [served.low ?? 0, served.high ?? 0] as const,
            n: served.n,
            role: 'current' as const,
            proof: {
              ...about,
              definition: `${name.replaceAll('_', ' ')} of what was served, on the labelled rows of this window.`,
            },
          },
        ];
        return <Interval key={name} metric={name.replaceAll('_', ' ')} rows={rows} />;
      })}
    </div>
  );
}
