import { bind, type Bound } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { modelTableContract } from '../contract/model-table.ts';
import type { RegistryService } from '../service.ts';

export const modelTableRoutes = (registry: RegistryService): Bound<Actor>[] =>
  bind(modelTableContract, {
    countModels: ({ params, query }) => registry.countModels(params.project, query.kind === 'prompts'),
    listNewestMetrics: async ({ params, body }) => ({
      metrics: await registry.newestMetrics(params.project, body.models),
    }),
  });
