import { bind, type Bound } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { registryImportContract } from '../contract/import.ts';
import type { RegistryService } from '../service.ts';

export const registryImportRoutes = (registry: RegistryService): Bound<Actor>[] =>
  bind(registryImportContract, {
    importRegisteredModel: async ({ actor, params, body }) => ({
      results: await registry.importModel(actor, params.project, body),
    }),
  });
