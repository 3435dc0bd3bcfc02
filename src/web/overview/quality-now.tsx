import { useMemo } from 'react';
import { monitoringContract } from '../../domains/monitoring/contract.ts';
import { laneOf, provisionalFrom } from '../../domains/monitoring/pages/monitor-words.ts';
import { panelState, useEndpoint } from '../../ui/data.tsx';
import { Panel } from '../../ui/panel.tsx';
import { pageOf } from '../../ui/place.ts';
import { TimeChart } from '../../ui/time-chart.tsx';
import type { LoopFacts } from './facts.ts';

/** The goal over event time, for the model that answers the last environment. */
export function QualityNow({ facts }: { facts: LoopFacts }) {
  const { name } = facts.project;
  const monitor = facts.monitors.find((each) => each.spec.kind === 'quality');
  const answer = useEndpoint(
    monitoringContract.getMonitor,
    monitor ? { params: { project: name, monitor: monitor.name } } : undefined,
  );
  const windows = useMemo(
    () => [...(answer.data?.windows ?? [])].sort((a, b) => a.start - b.start),
    [answer.data],
  );
  if (!monitor) return null;
  const limit = windows.at(-1)?.limit ?? null;
  return (
    <Panel
      title="How good it is"
      actions={
        <a className="r-action" href={pageOf(name, 'monitors', monitor.name)}>
          Open {monitor.name}
        </a>
      }
      state={panelState(answer, {
        rows: 6,
        empty: (data) =>
          data.windows.length === 0 ? <p className="r-prose">{monitor.lead.text}</p> : undefined,
      })}
    >
      <TimeChart
        metric={`skill of ${monitor.spec.endpoint}, gain over the baseline`}
        axis={{ kind: 'time', clock: 'event' }}
        x={windows.map((window) => window.end)}
        height={200}
        series={[
          {
            key: 'skill',
            label: 'skill',
            role: 'current',
            values: windows.map((window) => window.value),
            low: windows.map((window) => window.low),
            high: windows.map((window) => window.high),
            provisionalFrom: provisionalFrom(windows),
          },
        ]}
        limits={limit === null ? [] : [{ at: Number(limit.toPrecision(4)), label: 'limit' }]}
        events={laneOf(windows, answer.data?.alerts ?? [])}
        caption="Each point stands at the end of its window; 95% intervals on labelled rows"
      />
    </Panel>
  );
}
