import { bind, type Bound } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { contentsContract } from '../contract/contents.ts';
import type { RegistryService } from '../service.ts';

export const contentsRoutes = (registry: RegistryService): Bound<Actor>[] =>
  bind(contentsContract, {
    getVersionContents: ({ params }) =>
      registry.contentsOf({ project: params.project, name: params.model, version: params.version }),
  });
