import { counted, type LeadPart, type Proof } from '../../../lib/lead.ts';
import type { LaneEvent } from '../../../ui/event-lane.tsx';
import { pageOf } from '../../../ui/place.ts';
import type { NumberStyle } from '../../../ui/number.ts';
import { fromMonitor, type StatusWord } from '../../../ui/status-words.ts';
import { formatDay } from '../../../ui/time.ts';
import { windowProof } from '../schema/proofs.ts';
import type { Alert, AlertOutcome, Monitor, MonitorSpec, MonitorWindow } from '../schema.ts';

const WINDOW_WORDS: Readonly<Record<MonitorWindow['state'], StatusWord>> = {
  healthy: 'Healthy',
  breach: 'Alert',
  provisional: 'Provisional',
  no_data: 'No data',
};

export const wordOfWindow = (window: Pick<MonitorWindow, 'state'>): StatusWord => WINDOW_WORDS[window.state];

export const wordOfMonitor = (monitor: Pick<Monitor, 'state'>): StatusWord =>
  monitor.state === 'Provisional' ? 'Provisional' : fromMonitor(monitor.state);

/** What the value of a window is, and how it is shown. */
export const VALUES: Readonly<
  Record<MonitorSpec['kind'], { name: string; style: NumberStyle; unit: string }>
> = {
  quality: { name: 'skill, gain over the baseline', style: 'metric', unit: 'skill' },
  drift: { name: 'features that shifted', style: 'count', unit: 'features' },
  service: { name: 'share of failed requests', style: 'share', unit: 'failed' },
};

/** How the newest alert stands; empty while none is open. */
export function alertLead(alerts: readonly Alert[]): string {
  const open = alerts.find((alert) => alert.state !== 'resolved');
  if (!open) return '';
  return open.state === 'acknowledged'
    ? ` ${open.acknowledged_by ?? 'Somebody'} looks after the alert.`
    : ' Nobody looks after the alert yet.';
}

/** The proof of the value of one window, for pages that show it beside other things. */
export const monitoringProof = (
  monitor: Pick<Monitor, 'project' | 'spec'>,
  window: Pick<MonitorWindow, 'start' | 'end' | 'detail'>,
): Proof => ({
  definition: `The ${VALUES[monitor.spec.kind].name} of ${monitor.spec.endpoint} in its newest complete window.`,
  ...windowProof(
    monitor.project,
    monitor.spec,
    window,
    `${formatDay(window.start, 'UTC')} to ${formatDay(window.end - 1, 'UTC')}`,
  ),
});

export function monitorsLead(project: string, monitors: readonly Monitor[]): LeadPart[] {
  const alerting = monitors.filter((monitor) => monitor.state === 'Alert');
  const blind = monitors.filter((monitor) => monitor.state === 'No data');
  const calm = counted(monitors.length - alerting.length, {
    definition: 'Monitors of this project without an open alert.',
    n: monitors.length,
    rows: { label: 'the monitors', href: pageOf(project, 'monitors') },
  });
  const second =
    blind.length === 0
      ? ''
      : ` ${blind.map((monitor) => monitor.name).join(', ')} ${blind.length === 1 ? 'has' : 'have'} no data to judge by.`;
  if (alerting.length === 0)
    return [
      { type: 'text', text: 'None of ' },
      { ...calm, unit: 'monitors' },
      { type: 'text', text: ` alerts.${second}` },
    ];
  return [
    {
      type: 'text',
      text: `${alerting.map((monitor) => monitor.name).join(', ')} ${alerting.length === 1 ? 'alerts' : 'alert'}; `,
    },
    calm,
    { type: 'text', text: ` of ${monitors.length} monitors do not.${second}` },
  ];
}

/** What happened beside the windows, in event time: alerts, and deployments from the first window that they answered in. */
export function laneOf(windows: readonly MonitorWindow[], alerts: readonly Alert[]): LaneEvent[] {
  const seen = new Set<string>();
  const traffic: LaneEvent[] = [];
  const oldestFirst = [...windows].sort((a, b) => a.start - b.start);
  oldestFirst.forEach((window, index) => {
    for (const [deployment, n] of Object.entries(window.detail.versions ?? {})) {
      if (n === 0 || seen.has(deployment)) continue;
      seen.add(deployment);
      if (index > 0)
        traffic.push({
          row: 'Traffic',
          shape: 'up',
          at: window.start,
          label: `deployment ${deployment} answers first in this window`,
        });
    }
  });
  return [
    ...traffic,
    ...alerts.map(
      (alert): LaneEvent => ({
        row: 'Alerts',
        shape: 'cross',
        at: alert.opened_event_time,
        until: alert.closed_event_time,
        label: alert.sentence,
      }),
    ),
  ];
}

/** Index of the first window whose numbers may still change; undefined when all are settled. */
export function provisionalFrom(oldestFirst: readonly MonitorWindow[]): number | undefined {
  const at = oldestFirst.findIndex((window) => window.state === 'provisional');
  return at < 0 ? undefined : at;
}

/** Whether there was something to do, and who or what says so. */
export const outcomeSentence = ({ alarm, by, why }: AlertOutcome): string =>
  `${alarm === 'true' ? 'A true alarm' : 'A false alarm'}${by === 'records' ? `. ${why}` : `, says ${by}.`}`;
