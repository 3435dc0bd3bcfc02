import { splitProject } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { RegistryContext, type RegistryGround } from './service/context.ts';
import { modelVerbs } from './service/models.ts';
import { versionVerbs } from './service/versions.ts';

import { findModel } from './store/models.ts';
import { findVersion } from './store/versions.ts';

export type { ProtectionPort } from './service/context.ts';

/** Registered models, their versions with frozen files, aliases and stages. Results have the form of MLflow's API. */
export function createRegistry(ground: RegistryGround) {
  const context = new RegistryContext(ground);
  describeToLineage(context, ground.lineage);
  return { ...modelVerbs(context), ...versionVerbs(context) };
}

export type RegistryService = ReturnType<typeof createRegistry>;

function describeToLineage({ database }: RegistryContext, lineage: LineageService): void {
  lineage.resolve('model', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 1);
      const row = await findModel(database.read, project, own[0] ?? '');
      return row && { title: row.name, facts: {}, href: `/projects/${project}/models/${row.name}` };
    },
  });
  lineage.resolve('model-version', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 2);
      const [name = '', version = ''] = own;
      const model = await findModel(database.read, project, name);
      const row =
        model && /^\d+$/.test(version) && (await findVersion(database.read, model.id, Number(version)));
      if (!row) return undefined;
      const facts = { stage: row.stage, digest: row.manifest, created: row.created_at };
      return {
        title: `${model.name} version ${version}`,
        facts,
        href: `/projects/${project}/models/${model.name}/versions/${version}`,
      };
    },
    expects: ['produced-by'],
  });
}
