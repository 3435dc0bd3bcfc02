import type { Database } from '../../database/index.ts';
import type { LineageService } from '../lineage/service.ts';
import { findPromotion } from './store.ts';

/** Tells lineage what promotions are. */
export function resolveReleases({ read }: Database, lineage: LineageService): void {
  lineage.resolve('promotion', {
    async describe([id = '']) {
      const row = await findPromotion(read, Number(id) || 0);
      if (!row) return undefined;
      return {
        title: `${row.model} v${row.version} to ${row.environment}`,
        facts: { state: row.state, requested_by: row.requested_by, release: row.release },
        href: `/p/${encodeURIComponent(row.project)}/releases`,
        project: row.project,
      };
    },
    expects: ['uses'],
  });
}
