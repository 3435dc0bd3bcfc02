import type { Database } from '../../database/index.ts';
import { pageHref } from '../../lib/page-href.ts';
import { splitProject } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { findFiring } from './store/firings.ts';
import { findRule } from './store/rules.ts';

/** Tells lineage what rules and firings are. */
export function resolveAutomation(database: Database, lineage: LineageService): void {
  lineage.resolve('rule', {
    async describe(parts) {
      const {
        project,
        own: [name = ''],
      } = splitProject(parts, 1);
      const row = await findRule(database.read, project, name);
      if (!row) return undefined;
      return {
        title: row.rule.title ?? row.name,
        facts: { state: row.state, revision: row.revision },
        href: pageHref(project, 'automation'),
        project,
      };
    },
  });
  lineage.resolve('firing', {
    async describe([id = '']) {
      const row = await findFiring(database.read, Number(id) || 0);
      if (!row) return undefined;
      return {
        title: `${row.rule} after ${row.event.type}`,
        facts: { state: row.state, fired_at: row.fired_at },
        href: `${pageHref(row.project, 'automation')}?firing=${row.id}`,
        project: row.project,
      };
    },
    expects: ['caused-by'],
  });
}
