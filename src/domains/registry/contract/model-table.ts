import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Name } from '../../projects/schema.ts';
import { NewestMetric } from '../schema/evaluation.ts';

/** What a table of many models asks besides MLflow's `registered-models/search`. */
export const modelTableContract = {
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
