import type { LineageService } from '../lineage/service.ts';
import { RegistryContext, type RegistryGround } from './service/context.ts';
import { modelVerbs } from './service/models.ts';
import { versionVerbs } from './service/versions.ts';

export { type Protection, type ProtectionPort, type RegistryGround, UNPROTECTED } from './service/context.ts';
export type { NewVersion } from './service/versions.ts';

/** Registered models, their versions with frozen files, aliases and stages. Results have the form of MLflow's API. */
export function createRegistry(ground: RegistryGround) {
  const context = new RegistryContext(ground);
  describeToLineage(context, ground.lineage);
  return { ...modelVerbs(context), ...versionVerbs(context) };
}

export type RegistryService = ReturnType<typeof createRegistry>;

function describeToLineage({ database }: RegistryContext, lineage: LineageService): void {
  const models = (name: string) =>
    database.read
      .selectFrom('registered_models')
      .selectAll()
      .where('name', '=', name)
      .orderBy('id')
      .executeTakeFirst();
  lineage.resolve('model', {
    async describe([name = '']) {
      const row = await models(name);
      return row && { title: row.name, facts: {}, href: `/projects/${row.project}/models/${row.name}` };
    },
  });
  lineage.resolve('model-version', {
    async describe([name = '', version = '']) {
      const model = await models(name);
      if (!model || !/^\d+$/.test(version)) return undefined;
      const row = await database.read
        .selectFrom('model_versions')
        .selectAll()
        .where('model', '=', model.id)
        .where('version', '=', Number(version))
        .executeTakeFirst();
      if (!row) return undefined;
      const facts = { stage: row.stage, digest: row.manifest, created: row.created_at };
      const href = `/projects/${model.project}/models/${model.name}/versions/${version}`;
      return { title: `${model.name} version ${version}`, facts, href };
    },
    expects: ['produced-by'],
  });
}
