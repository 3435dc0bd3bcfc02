import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Name } from '../../projects/schema.ts';
import { NewestMetric } from '../schema/evaluation.ts';

/** What a table of many models asks besides MLflow's `registered-models/search`. */
export const modelTableContract = {
  countModels: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/models/counts',
    summary:
      'How many models or prompts are registered, with how many versions, and when one of them changed last',
    needs: 'view',
    params: z.object({ project: Name }),
    query: z.object({ kind: z.enum(['models', 'prompts']).default('models') }),
    response: z.object({
      models: z.number(),
      versions: z.number(),
      /** Epoch ms; 0 without any. */
      newest_change: z.number(),
    }),
  }),
  listNewestMetrics: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/models/newest-metrics',
    summary: 'How good models are: the judgement of their newest evaluated versions, else a logged metric',
    needs: 'view',
    params: z.object({ project: Name }),
    body: z.object({ models: z.array(z.string().min(1).max(255)).max(1000) }),
    response: z.object({ metrics: z.array(NewestMetric) }),
  }),
};
