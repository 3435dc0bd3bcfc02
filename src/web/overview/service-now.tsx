import { useMemo } from 'react';
import { servingContract } from '../../domains/serving/contract.ts';
import { predictionRows } from '../../domains/serving/pages/serving-words.ts';
import type { Endpoint } from '../../domains/serving/schema/control.ts';
import { panelState, useEndpoint } from '../../ui/data.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Num } from '../../ui/num.tsx';
import { Panel } from '../../ui/panel.tsx';
import { pageOf } from '../../ui/place.ts';
import { useSurroundings } from '../../ui/surroundings.tsx';
import { formatAbsolute, formatSpan } from '../../ui/time.ts';
import { TimeChart } from '../../ui/time-chart.tsx';

const HOUR = 3_600_000;
const BUCKETS = 60;

/** How fast, how quick and how faulty the live endpoint answers, over the hour that ended with its newest answer. */
export function ServiceNow({ project, endpoint }: { project: string; endpoint: Endpoint }) {
  const { zone } = useSurroundings();
  const answer = useEndpoint(servingContract.getServiceLevel, {
    params: { project, endpoint: endpoint.name },
    query: { clock: 'wall', span_ms: HOUR, buckets: BUCKETS },
  });
  const level = answer.data;
  const x = useMemo(
    () =>
      level?.latency.p50_ms.map((_, slot) => Math.min(level.until, level.from + (slot + 1) * level.step_ms)),
    [level],
  );
  const about = level && {
    n: level.n,
    window: `${formatAbsolute(level.from, zone)} to ${formatAbsolute(level.until, zone)}`,
    clock: 'wall' as const,
    rows: predictionRows(project, endpoint.name),
  };
  return (
    <Panel
      title="How it answers"
      note="wall clock"
      actions={
        <a className="r-action" href={pageOf(project, 'endpoints', endpoint.name)}>
          Open {endpoint.name}
        </a>
      }
      state={panelState(answer, {
        rows: 6,
        empty: (data) =>
          data.n === 0 ? (
            <p className="r-prose">No answer of {endpoint.name} is in the log yet.</p>
          ) : undefined,
      })}
    >
      {level && x && about ? (
        <>
          <Facts
            rows={[
              [
                'Requests/s',
                <Num
                  kind="counted"
                  value={(level.n * 1000) / (level.until - level.from)}
                  style="measure"
                  proof={{
                    ...about,
                    definition: 'Answers of the hour by its seconds; shadows and errors are not counted.',
                  }}
                />,
              ],
              [
                'p99',
                <Num
                  kind="counted"
                  value={level.p99_ms}
                  style="measure"
                  unit="ms"
                  proof={{
                    ...about,
                    definition:
                      '99% of the answers of the hour took at most this long, from arrival to log line.',
                    method: 'a count of all answers in steps of 2%, so within 1%',
                  }}
                />,
              ],
              [
                'Errors',
                <>
                  <Num
                    kind="counted"
                    value={level.errors}
                    proof={{ ...about, definition: 'Requests of the hour that failed with 5xx.' }}
                  />{' '}
                  beside{' '}
                  <Num
                    kind="counted"
                    value={level.n}
                    unit={level.n === 1 ? 'answer' : 'answers'}
                    proof={{
                      ...about,
                      definition: 'Answers of the hour; shadows and errors are not counted.',
                    }}
                  />
                </>,
              ],
            ]}
          />
          <TimeChart
            metric="requests/s"
            axis={{ kind: 'time', clock: 'wall' }}
            x={x}
            height={110}
            style="measure"
            series={[
              {
                key: 'requests',
                label: 'all',
                role: 'current',
                values: x.map(
                  (_, slot) =>
                    (level.arms.reduce((sum, arm) => sum + (arm.counts[slot] ?? 0), 0) * 1000) /
                    level.step_ms,
                ),
              },
            ]}
            caption={`The hour that ended with the newest answer, ${formatAbsolute(level.until, zone)}; a point per ${formatSpan(level.step_ms)}`}
          />
        </>
      ) : null}
    </Panel>
  );
}
