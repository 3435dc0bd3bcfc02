import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Name } from '../projects/schema.ts';
import { PromoteBody, Promotion } from './schema.ts';

const inProject = z.object({ project: Name });

export const releasesContract = {
  promote: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/promotions',
    summary: 'Ask for a version in an environment; it walks the environments before that first',
    needs: 'operate',
    params: inProject,
    body: PromoteBody,
    response: Promotion,
  }),
  listPromotions: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/promotions',
    summary: 'Promotions with their gates, newest first',
    needs: 'view',
    params: inProject,
    query: z.object({
      model: Name.optional(),
      version: z.coerce.number().int().positive().optional(),
      environment: Name.optional(),
    }),
    response: z.object({ promotions: z.array(Promotion) }),
  }),
  getPromotion: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/promotions/:id',
    summary: 'One promotion with its gates',
    needs: 'view',
    params: inProject.extend({ id: z.coerce.number().int().positive() }),
    response: Promotion,
  }),
};
