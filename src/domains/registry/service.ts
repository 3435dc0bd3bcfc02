import { resolveRegistry } from './provenance.ts';
import { RegistryContext, type RegistryGround } from './service/context.ts';
import { registryImportVerbs } from './service/import.ts';
import { modelTableVerbs } from './service/model-table.ts';
import { modelVerbs } from './service/models.ts';
import { versionFileVerbs } from './service/version-files.ts';
import { versionVerbs } from './service/versions.ts';

export type { ProtectionPort } from './service/context.ts';

/** Registered models, their versions with frozen files, aliases and stages. Results have the form of MLflow's API. */
export function createRegistry(ground: RegistryGround) {
  const context = new RegistryContext(ground);
  resolveRegistry(ground.database, ground.lineage);
  return {
    ...modelVerbs(context),
    ...modelTableVerbs(context),
    ...versionVerbs(context),
    ...versionFileVerbs(context),
    ...registryImportVerbs(context),
  };
}

export type RegistryService = ReturnType<typeof createRegistry>;
