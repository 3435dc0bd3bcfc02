import type { Database } from '../../database/index.ts';
import { splitProject, urn, urnIn } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { findAlert, listMonitors } from './store.ts';

/** Tells lineage what monitors and alerts are; a monitor watches its endpoint, an alert came from its monitor. */
export function resolveMonitoring({ read }: Database, lineage: LineageService): void {
  const page = (project: string, monitor: string) =>
    `/p/${encodeURIComponent(project)}/monitors/${encodeURIComponent(monitor)}`;

  async function monitorOf(parts: string[]) {
    const { project, own } = splitProject(parts, 1);
    return (await listMonitors(read, { project, name: own[0] ?? '' }))[0];
  }

  lineage.resolve('monitor', {
    async describe(parts) {
      const row = await monitorOf(parts);
      if (!row) return undefined;
      const facts = { kind: row.spec.kind, enabled: row.enabled };
      return { title: row.name, facts, href: page(row.project, row.name), project: row.project };
    },
    async links(parts) {
      const row = await monitorOf(parts);
      return row ? [{ relation: 'uses', to: urn('endpoint', row.endpoint) }] : [];
    },
  });
  lineage.resolve('alert', {
    async describe([id = '']) {
      const row = await findAlert(read, Number(id) || 0);
      if (!row) return undefined;
      const facts = { state: row.state, opened: row.opened_event_time, closed: row.closed_event_time };
      return { title: row.sentence, facts, href: page(row.project, row.monitor), project: row.project };
    },
    async links([id = '']) {
      const row = await findAlert(read, Number(id) || 0);
      return row ? [{ relation: 'caused-by', to: urnIn(row.project, 'monitor', row.monitor) }] : [];
    },
  });
}
