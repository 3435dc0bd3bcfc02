import { useMemo } from 'react';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Num } from '../../../ui/num.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { useSurroundings } from '../../../ui/surroundings.tsx';
import { TimeChart } from '../../../ui/time-chart.tsx';
import { formatAbsolute, formatSpan } from '../../../ui/time.ts';
import { servingContract } from '../contract.ts';
import type { Deployment, Endpoint } from '../schema/control.ts';
import type { ServiceLevel } from '../schema/service-level.ts';
import { predictionRows } from './serving-words.ts';

const HOUR = 3_600_000;
const SPANS = [
  { id: '1h', label: '1 h', ms: HOUR },
  { id: '24h', label: '24 h', ms: 24 * HOUR },
  { id: '7d', label: '7 d', ms: 7 * 24 * HOUR },
  { id: '28d', label: '28 d', ms: 28 * 24 * HOUR },
  { id: '180d', label: '180 d', ms: 180 * 24 * HOUR },
] as const;

/** Rate by arm and latency on one x-axis, up to the newest answer; asked again as answers come in. */
export function ServiceCharts({
  project,
  endpoint,
  deployments,
}: {
  project: string;
  endpoint: Endpoint;
  deployments: readonly Deployment[];
}) {
  const { search, setSearch } = usePlace();
  const { clock } = useSurroundings();
  const span = SPANS.find((each) => each.id === search.w) ?? SPANS[clock === 'event' ? 3 : 0];
  const answer = useEndpoint(servingContract.getServiceLevel, {
    params: { project, endpoint: endpoint.name },
    query: { clock, span_ms: span.ms },
  });
  return (
    <Panel
      title="Rate and latency"
      note={clock === 'event' ? 'event time' : 'wall clock'}
      actions={
        <span className="r-segments" role="group" aria-label="Span">
          {SPANS.map((each) => (
            <button
              key={each.id}
              type="button"
              aria-pressed={each === span}
              onClick={() => setSearch({ w: each.id }, { replace: true })}
            >
              {each.label}
            </button>
          ))}
        </span>
      }
      state={panelState(answer, {
        rows: 8,
        empty: (data) =>
          data.n === 0 ? (
            <p className="r-serif">
              No answer is in the log yet. Rate and latency stand here seconds after the first.
            </p>
          ) : undefined,
      })}
    >
      {answer.data ? (
        <Charts project={project} endpoint={endpoint} deployments={deployments} level={answer.data} />
      ) : null}
    </Panel>
  );
}

function Charts({
  project,
  endpoint,
  deployments,
  level,
}: {
  project: string;
  endpoint: Endpoint;
  deployments: readonly Deployment[];
  level: ServiceLevel;
}) {
  const { zone } = useSurroundings();
  const x = useMemo(
    () =>
      level.latency.p50_ms.map((_, slot) => Math.min(level.until, level.from + (slot + 1) * level.step_ms)),
    [level],
  );
  // Wall clock is read in seconds; event time may be squeezed or stretched by a replay, so there it is read in hours.
  const unit = level.clock === 'wall' ? 1000 : HOUR;
  // The last bucket is over when its newest answer is; less than half of one would make a peak of a few answers.
  const rate = (count: number, slot: number) =>
    (count * unit) / Math.max(level.step_ms / 2, (x[slot] as number) - level.from - slot * level.step_ms);
  const axis = { kind: 'time', clock: level.clock } as const;
  const step = `a point per ${formatSpan(level.step_ms)}, at its end; the last ends with the newest answer`;
  return (
    <div className="r-stack">
      <Totals project={project} endpoint={endpoint} level={level} zone={zone} />
      <TimeChart
        metric={level.clock === 'wall' ? 'requests/s' : 'requests per hour of event time'}
        axis={axis}
        x={x}
        sync={`${endpoint.name} service`}
        height={160}
        style="measure"
        series={level.arms.map(({ deployment, counts }, index) => {
          const arm = endpoint.arms.find((each) => each.deployment === deployment);
          const version = deployments.find((each) => each.number === deployment)?.version;
          return {
            key: String(deployment),
            label: version === undefined ? `d${deployment}` : `v${version}`,
            ...(arm
              ? { role: arm.arm === 'champion' ? ('current' as const) : ('candidate' as const) }
              : { colour: 3 + (index % 6) }),
            values: counts.map(rate),
          };
        })}
        caption={`Answers by the deployment that gave them, shadows not counted; ${step}`}
      />
      <TimeChart
        metric="latency, ms"
        axis={axis}
        x={x}
        sync={`${endpoint.name} service`}
        height={160}
        style="measure"
        series={[
          { key: 'p50', label: 'p50', colour: 6, values: level.latency.p50_ms },
          { key: 'p99', label: 'p99', colour: 1, values: level.latency.p99_ms },
        ]}
        caption={`From the arrival of a request to the write of its log line; ${step}`}
      />
      {level.errors_by_bucket && level.errors > 0 ? (
        <TimeChart
          metric="errors"
          axis={axis}
          x={x}
          sync={`${endpoint.name} service`}
          height={120}
          style="count"
          series={[{ key: 'errors', label: '5xx', colour: 4, values: level.errors_by_bucket }]}
          caption={`Requests that failed with 5xx; ${step}`}
        />
      ) : null}
    </div>
  );
}

function Totals({
  project,
  endpoint,
  level,
  zone,
}: {
  project: string;
  endpoint: Endpoint;
  level: ServiceLevel;
  zone: string;
}) {
  const about = {
    n: level.n,
    window: `${formatAbsolute(level.from, zone)} to ${formatAbsolute(level.until, zone)}`,
    clock: level.clock,
    rows: predictionRows(project, endpoint.name),
  };
  const latency = (share: string) => ({
    ...about,
    definition: `${share} of the answers of the span took at most this long, from arrival to the write of the log line.`,
    method: 'a count of all answers of the span in steps of 2%, so within 1%',
  });
  return (
    <Facts
      rows={[
        [
          'Answers',
          <Num
            kind="counted"
            value={level.n}
            proof={{ ...about, definition: 'Answers of the span; shadows and errors are not counted.' }}
          />,
        ],
        [
          'p50, p99',
          <>
            <Num kind="counted" value={level.p50_ms} style="measure" unit="ms" proof={latency('Half')} />,{' '}
            <Num kind="counted" value={level.p99_ms} style="measure" unit="ms" proof={latency('99%')} />
          </>,
        ],
        [
          'Errors',
          <Num
            kind="counted"
            value={level.errors}
            proof={{
              ...about,
              definition: 'Requests that failed with 5xx between the first and the last answer of the span.',
            }}
          />,
        ],
      ]}
    />
  );
}
