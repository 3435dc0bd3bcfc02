import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { LineageGraph } from './schema.ts';

export const lineageContract = {
  walkLineage: endpoint({
    method: 'GET',
    path: '/api/v1/lineage',
    summary: 'What a thing came from and what came of it; takes a URN or a prediction id',
    needs: 'view',
    across: true,
    query: z.object({
      of: z.string().min(1).max(1000),
      direction: z.enum(['up', 'down', 'both']).default('both'),
      depth: z.coerce.number().int().min(1).max(50).default(20),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
    response: LineageGraph,
  }),
};
