import type { Database } from '../../database/index.ts';
import type { LineageService } from '../lineage/service.ts';
import { findRollout } from './store.ts';

/** Tells lineage what rollouts are. */
export function resolveRollouts({ read }: Database, lineage: LineageService): void {
  lineage.resolve('rollout', {
    async describe([id = '']) {
      const row = await findRollout(read, Number(id) || 0);
      if (!row) return undefined;
      return {
        title: `${row.model} v${row.candidate} against v${row.champion}`,
        facts: { state: row.state, verdict: row.verdict, endpoint: row.endpoint },
        href: `/p/${encodeURIComponent(row.project)}/rollouts/${row.id}`,
        project: row.project,
      };
    },
    expects: ['uses'],
  });
}
