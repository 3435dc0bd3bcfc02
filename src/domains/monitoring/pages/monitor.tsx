import { useMemo } from 'react';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { formatEstimate, formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { useKeys } from '../../../ui/page-keys.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { WindowStrip } from '../../../ui/window-strip.tsx';
import { monitoringContract } from '../contract.ts';
import type { Monitor as MonitorOf, MonitorWindow, Mute } from '../schema.ts';
import { Alerts } from './alerts.tsx';
import { DriftTable } from './drift-table.tsx';
import { MuteMonitor } from './mute.tsx';
import { alertLead, VALUES, wordOfMonitor, wordOfWindow } from './monitor-words.ts';
import { WindowCharts } from './window-charts.tsx';
import { WindowDetail } from './window-detail.tsx';

/** One monitor: the chosen window drives the page. */
export function Monitor() {
  const { project, params, search, setSearch } = usePlace();
  const name = params.monitor ?? '';
  const answer = useEndpoint(monitoringContract.getMonitor, { params: { project, monitor: name } });
  const data = answer.data;
  const windows = useMemo(() => [...(data?.windows ?? [])].sort((a, b) => a.start - b.start), [data]);
  const chosen = windows.find((window) => window.start === Number(search.w)) ?? windows.at(-1);
  const choose = (start: number) => setSearch({ w: start });
  useStepKeys(windows, chosen, choose);
  return (
    <PageFrame
      title={name}
      mark={
        data ? (
          <>
            <Status word={wordOfMonitor(data.monitor)} chip still />
            {data.monitor.muted ? <Muted mute={data.monitor.muted} /> : null}
          </>
        ) : undefined
      }
      lead={data ? [...data.monitor.lead.parts, { type: 'text', text: alertLead(data.alerts) }] : undefined}
      actions={
        data ? (
          <>
            <MuteMonitor project={project} monitor={data.monitor} />
            <a className="r-action" href={pageOf(project, 'endpoints', data.monitor.spec.endpoint)}>
              {data.monitor.spec.endpoint}
            </a>
          </>
        ) : undefined
      }
    >
      <Panel
        title="Windows"
        note={windows.length > 0 ? `${windows.length}` : undefined}
        state={panelState(answer, {
          rows: 4,
          empty: (of) => (of.windows.length === 0 ? <NoWindow /> : undefined),
        })}
      >
        {data ? (
          <div className="r-stack">
            <WindowStrip
              label={`Windows of ${name}`}
              cells={windows.map((window) => ({
                start: window.start,
                end: window.end,
                word: wordOfWindow(window),
                note: noteOf(data.monitor, window),
              }))}
              selected={chosen?.start}
              onSelect={choose}
            />
            <WindowCharts monitor={data.monitor} windows={windows} alerts={data.alerts} />
          </div>
        ) : null}
      </Panel>
      {data && chosen ? <WindowDetail monitor={data.monitor} window={chosen} /> : null}
      {data && chosen?.detail.features ? (
        <DriftTable monitor={data.monitor} window={chosen} features={chosen.detail.features} />
      ) : null}
      {data && data.alerts.length > 0 ? (
        <Panel title="Alerts" note={`${data.alerts.length}`}>
          <Alerts project={project} alerts={data.alerts} />
        </Panel>
      ) : null}
    </PageFrame>
  );
}

const Muted = ({ mute }: { mute: Mute }) => (
  <span className="r-small">
    muted by {mute.by} until <When at={mute.until} clock="wall" />: {mute.reason}
  </span>
);

const NoWindow = () => (
  <p className="r-serif">
    No window has ended yet. The first is judged when event time passes its end: settle the endpoint, or wait
    for traffic.
  </p>
);

function useStepKeys(
  windows: readonly MonitorWindow[],
  chosen: MonitorWindow | undefined,
  choose: (start: number) => void,
) {
  const at = chosen ? windows.indexOf(chosen) : -1;
  const [before, after] = [windows[at - 1]?.start, windows[at + 1]?.start];
  useKeys(
    useMemo(
      () => [
        { keys: '[', label: 'Window before', run: () => before !== undefined && choose(before) },
        { keys: ']', label: 'Window after', run: () => after !== undefined && choose(after) },
      ],
      // oxlint-disable-next-line react-hooks/exhaustive-deps -- `choose` is made anew at each draw and does the same
      [before, after],
    ),
  );
}

function noteOf(monitor: MonitorOf, window: MonitorWindow): string {
  const { style, unit } = VALUES[monitor.spec.kind];
  if (window.value === null) return `n ${formatNumber(window.n, 'count')}`;
  if (window.low === null || window.high === null)
    return `${formatNumber(window.value, style)} ${unit}, n ${formatNumber(window.n, 'count')}`;
  const shown = formatEstimate(window.value, [window.low, window.high], style);
  return `${shown.value} (${shown.low} to ${shown.high}), n ${formatNumber(window.labelled, 'count')}`;
}
