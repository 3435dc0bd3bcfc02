import type { Database } from '../../database/index.ts';
import { pageHref } from '../../lib/page-href.ts';
import { splitProject } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import type { DefinitionKind } from './schema.ts';
import { listDefinitionVersions } from './store/definitions.ts';

/** Tells lineage what feature views and services are called. */
export function resolveLineage(lineage: LineageService, database: Database): void {
  const describe = (kind: DefinitionKind) => async (parts: string[]) => {
    const { project, own } = splitProject(parts, 2);
    const [name, version] = own;
    const rows = await listDefinitionVersions(database.read, project, kind, name as string);
    const row = rows.find((item) => item.version === Number(version));
    if (!row) return undefined;
    return {
      title: `${row.name} v${row.version}`,
      facts: { digest: row.digest, by: row.created_by },
      href: kind === 'view' ? pageHref(row.project, 'features', row.name) : pageHref(row.project, 'features'),
      project: row.project,
    };
  };
  lineage.resolve('feature-view', { describe: describe('view'), expects: ['derived-from'] });
  lineage.resolve('feature-service', { describe: describe('service') });
}
