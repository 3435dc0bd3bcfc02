import type { Reader, Tx } from '../../database/index.ts';
import type { Alert, AlertOutcome, MonitorSpec, MonitorWindow, Mute } from './schema.ts';

interface MonitorTable {
  id: number;
  project: string;
  name: string;
  endpoint: string;
  spec: string;
  enabled: number;
  created_at: number;
  muted_until: number | null;
  muted_by: string | null;
  muted_reason: string | null;
}

interface WindowTable extends Omit<MonitorWindow, 'detail' | 'start' | 'end' | 'limit'> {
  monitor_id: number;
  window_start: number;
  window_end: number;
  limit_value: number | null;
  detail: string;
}

interface AlertTable extends Omit<Alert, 'monitor' | 'outcome' | 'parts'> {
  project: string;
  parts: string;
  monitor_id: number;
  /** What a person said of it. */
  marked: AlertOutcome['alarm'] | null;
  marked_by: string | null;
}

/** An alert as it is stored, with the kind of its monitor. */
export interface AlertRow extends Omit<Alert, 'outcome'> {
  project: string;
  spec: MonitorSpec;
  marked: AlertOutcome['alarm'] | null;
  marked_by: string | null;
}

declare module '../../database/tables.ts' {
  interface Tables {
    monitors: MonitorTable;
    monitor_windows: WindowTable;
    alerts: AlertTable;
  }
}

export interface MonitorRow {
  id: number;
  project: string;
  name: string;
  endpoint: string;
  spec: MonitorSpec;
  enabled: boolean;
  created_at: number;
  muted: Mute | null;
}

const toMonitor = ({ muted_until, muted_by, muted_reason, ...row }: MonitorTable): MonitorRow => ({
  ...row,
  spec: JSON.parse(row.spec) as MonitorSpec,
  enabled: row.enabled === 1,
  muted: muted_until === null ? null : { until: muted_until, by: muted_by ?? '', reason: muted_reason ?? '' },
});

export async function setMute(tx: Tx, id: number, mute: Mute | null): Promise<void> {
  await tx
    .updateTable('monitors')
    .set({
      muted_until: mute?.until ?? null,
      muted_by: mute?.by ?? null,
      muted_reason: mute?.reason ?? null,
    })
    .where('id', '=', id)
    .execute();
}

export async function saveMonitor(tx: Tx, row: Omit<MonitorRow, 'id' | 'muted'>): Promise<void> {
  const spec = JSON.stringify(row.spec);
  await tx
    .insertInto('monitors')
    .values({ ...row, spec, enabled: Number(row.enabled) } as MonitorTable)
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'name'])
        .doUpdateSet({ spec, endpoint: row.endpoint, enabled: Number(row.enabled) }),
    )
    .execute();
}

export async function listMonitors(
  reader: Reader,
  filter: { project?: string; endpoint?: string; name?: string },
): Promise<MonitorRow[]> {
  let query = reader.selectFrom('monitors').selectAll().orderBy('name');
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.endpoint !== undefined) query = query.where('endpoint', '=', filter.endpoint);
  if (filter.name !== undefined) query = query.where('name', '=', filter.name);
  return (await query.execute()).map(toMonitor);
}

export async function saveWindow(tx: Tx, monitorId: number, window: MonitorWindow): Promise<void> {
  const { start, end, limit, detail, ...rest } = window;
  const row = { ...rest, window_end: end, limit_value: limit, detail: JSON.stringify(detail) };
  await tx
    .insertInto('monitor_windows')
    .values({ monitor_id: monitorId, window_start: start, ...row })
    .onConflict((conflict) => conflict.columns(['monitor_id', 'window_start']).doUpdateSet(row))
    .execute();
}

/** Newest first. */
export async function listWindows(
  reader: Reader,
  monitorId: number,
  limit: number,
): Promise<MonitorWindow[]> {
  const rows = await reader
    .selectFrom('monitor_windows')
    .selectAll()
    .where('monitor_id', '=', monitorId)
    .orderBy('window_start', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ monitor_id: _, window_start, window_end, limit_value, detail, ...rest }) => ({
    ...rest,
    start: window_start,
    end: window_end,
    limit: limit_value,
    detail: JSON.parse(detail) as MonitorWindow['detail'],
  }));
}

export async function openAlert(
  reader: Reader,
  monitorId: number,
): Promise<(AlertTable & { id: number }) | undefined> {
  return reader
    .selectFrom('alerts')
    .selectAll()
    .where('monitor_id', '=', monitorId)
    .where('state', 'in', ['firing', 'acknowledged'])
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

export async function insertAlert(tx: Tx, row: Omit<AlertTable, 'id'>): Promise<number> {
  const inserted = await tx
    .insertInto('alerts')
    .values(row as AlertTable)
    .returning('id')
    .executeTakeFirstOrThrow();
  return inserted.id;
}

export async function updateAlert(
  tx: Tx,
  id: number,
  change: Partial<
    Pick<AlertTable, 'state' | 'closed_at' | 'closed_event_time' | 'acknowledged_by' | 'marked' | 'marked_by'>
  >,
): Promise<void> {
  await tx.updateTable('alerts').set(change).where('id', '=', id).execute();
}

const alertRows = (reader: Reader) =>
  reader
    .selectFrom('alerts')
    .innerJoin('monitors', 'monitors.id', 'alerts.monitor_id')
    .select([
      'alerts.id',
      'monitors.name as monitor',
      'alerts.endpoint',
      'alerts.state',
      'alerts.opened_event_time',
      'alerts.opened_at',
      'alerts.closed_event_time',
      'alerts.closed_at',
      'alerts.acknowledged_by',
      'alerts.sentence',
      'alerts.parts',
      'alerts.project',
      'alerts.marked',
      'alerts.marked_by',
      'monitors.spec',
    ]);

const toAlert = <R extends { spec: string; parts: string }>({
  spec,
  parts,
  ...row
}: R): Omit<R, 'spec' | 'parts'> & Pick<AlertRow, 'spec' | 'parts'> => ({
  ...row,
  spec: JSON.parse(spec) as MonitorSpec,
  parts: JSON.parse(parts) as Alert['parts'],
});

/** Newest first. */
export async function listAlerts(reader: Reader, project: string, limit: number): Promise<AlertRow[]> {
  const rows = await alertRows(reader)
    .where('alerts.project', '=', project)
    .orderBy('alerts.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toAlert);
}

export async function findAlert(reader: Reader, id: number): Promise<AlertRow | undefined> {
  const row = await alertRows(reader).where('alerts.id', '=', id).executeTakeFirst();
  return row && toAlert(row);
}
