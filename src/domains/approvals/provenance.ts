import type { Database } from '../../database/index.ts';
import type { LineageService } from '../lineage/service.ts';
import { findApproval } from './store.ts';

/** Tells lineage what requests for approval are. */
export function resolveApprovals({ read }: Database, lineage: LineageService): void {
  lineage.resolve('approval', {
    async describe([id = '']) {
      const row = await findApproval(read, Number(id) || 0);
      if (!row) return undefined;
      const yes = row.votes.filter((vote) => vote.yes).map((vote) => vote.voter);
      return {
        title: row.title,
        facts: { state: row.state, requested_by: row.requested_by, approved_by: yes.join(', ') || null },
        href: '/inbox',
        project: row.project,
      };
    },
  });
}
