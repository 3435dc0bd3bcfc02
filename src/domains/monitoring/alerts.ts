import type { Database, Tx } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { AppError, defineErrors } from '../../lib/errors.ts';
import { urn, urnIn } from '../../lib/urn.ts';
import type { Actor } from '../identity/schema.ts';
import { alertMove } from './alerting.ts';
import { windowLead } from './lead.ts';
import { type AlertRecords, outcomeOf } from './outcome.ts';
import { type Alert, type AlertOutcome, isMuted, type MonitorWindow } from './schema.ts';
import {
  type AlertRow,
  findAlert,
  insertAlert,
  listAlerts,
  listWindows,
  type MonitorRow,
  openAlert,
  updateAlert,
} from './store.ts';

export interface Alerts {
  /** Newest first, at most 200, with what is known of whether they were true. */
  list(project: string): Promise<Alert[]>;
  acknowledge(actor: Actor, project: string, id: number): Promise<void>;
  mark(actor: Actor, project: string, id: number, alarm: AlertOutcome['alarm'] | null): Promise<Alert>;
  /** Tells of a judged window, and opens or resolves the alert of its monitor. */
  onWindow(tx: Tx, monitor: MonitorRow, window: MonitorWindow): Promise<void>;
}

const ALERT_ERRORS = defineErrors({
  ALERT_UNKNOWN: { status: 404, hint: '`rondo monitors alerts` shows the alerts.' },
});

const LISTED = 200;
/** Windows without a verdict are passed over, so more are read than count. */
const LOOKED_BACK = 12;

export function createAlerts(parts: {
  database: Database;
  events: Events;
  records(project: string, endpoint: string): Promise<AlertRecords>;
}): Alerts {
  const { database, events } = parts;

  /** Facts about a judged window: the window itself, and an alert that opens or resolves. */
  async function onWindow(tx: Tx, monitor: MonitorRow, window: MonitorWindow): Promise<void> {
    const { project, name, spec } = monitor;
    const data = {
      monitor: name,
      kind: spec.kind,
      endpoint: spec.endpoint,
      start: window.start,
      end: window.end,
      event_time: window.end,
      state: window.state,
      value: window.value,
      limit: window.limit,
      n: window.n,
    };
    const subject = urnIn(project, 'monitor', name);
    await events.append(tx, { type: 'window.closed', source: 'monitoring', subject, project, data });
    const open = await openAlert(tx, monitor.id);
    const move = alertMove(
      spec,
      await listWindows(tx, monitor.id, spec.breaches.in + LOOKED_BACK),
      open !== undefined,
    );
    if (move === 'open') {
      const { text: sentence, parts } = windowLead(monitor, window);
      const id = await insertAlert(tx, {
        project,
        monitor_id: monitor.id,
        endpoint: spec.endpoint,
        state: 'firing',
        opened_event_time: window.end,
        opened_at: Date.now(),
        closed_event_time: null,
        closed_at: null,
        acknowledged_by: null,
        sentence,
        parts: JSON.stringify(parts),
        marked: null,
        marked_by: null,
      });
      // Rules hear `alert.opened`: of a muted monitor they are not told, the record stays.
      await events.append(tx, {
        type: isMuted(monitor.muted) ? 'alert.muted' : 'alert.opened',
        source: 'monitoring',
        subject: urn('alert', id),
        project,
        data: { ...data, alert: id, sentence },
      });
    } else if (move === 'resolve' && open) {
      await updateAlert(tx, open.id, {
        state: 'resolved',
        closed_at: Date.now(),
        closed_event_time: window.end,
      });
      await events.append(tx, {
        type: 'alert.resolved',
        source: 'monitoring',
        subject: urn('alert', open.id),
        project,
        data: { ...data, alert: open.id },
      });
    }
  }

  async function toAlerts(project: string, rows: readonly AlertRow[]): Promise<Alert[]> {
    const known = new Map<string, Promise<AlertRecords>>();
    return Promise.all(
      rows.map(async ({ project: _, spec, marked, marked_by, ...alert }) => {
        const records = known.get(alert.endpoint) ?? parts.records(project, alert.endpoint);
        known.set(alert.endpoint, records);
        return { ...alert, outcome: outcomeOf(spec.kind, { ...alert, marked, marked_by }, await records) };
      }),
    );
  }

  async function mustFindAlert(project: string, id: number): Promise<AlertRow> {
    const row = await findAlert(database.read, id);
    if (row?.project === project) return row;
    throw new AppError(ALERT_ERRORS.ALERT_UNKNOWN, `Project '${project}' has no alert ${id}.`);
  }

  return {
    onWindow,
    list: async (project) => toAlerts(project, await listAlerts(database.read, project, LISTED)),
    async mark(actor, project, id, alarm) {
      await mustFindAlert(project, id);
      await database.write(async (tx) => {
        await updateAlert(tx, id, { marked: alarm, marked_by: alarm === null ? null : actor.name });
        await events.append(tx, {
          type: 'alert.marked',
          source: 'monitoring',
          subject: urn('alert', id),
          project,
          data: { alarm, by: actor.name },
        });
      });
      const [alert] = await toAlerts(project, [await mustFindAlert(project, id)]);
      return alert as Alert;
    },
    async acknowledge(actor, project, id) {
      if ((await mustFindAlert(project, id)).state !== 'firing') return;
      await database.write(async (tx) => {
        await updateAlert(tx, id, { state: 'acknowledged', acknowledged_by: actor.name });
        await events.append(tx, {
          type: 'alert.acknowledged',
          source: 'monitoring',
          subject: urn('alert', id),
          project,
          data: { by: actor.name },
        });
      });
    },
  };
}
