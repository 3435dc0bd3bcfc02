import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Name } from '../projects/schema.ts';
import { PlanQuestion, Rollout, RolloutPlan } from './schema.ts';

const inProject = z.object({ project: Name });
const params = z.object({ project: Name, id: z.coerce.number().int().positive() });

export const rolloutsContract = {
  listRollouts: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/rollouts',
    summary: 'Rollouts with their looks, newest first',
    needs: 'view',
    params: inProject,
    response: z.object({ rollouts: z.array(Rollout) }),
  }),
  getRollout: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/rollouts/:id',
    summary: 'One rollout: plan, state, verdict and every look',
    needs: 'view',
    params,
    response: Rollout,
  }),
  planRollout: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/rollouts/plan',
    summary:
      'Rows and days that a test of this effect needs, from the stored traffic of an endpoint; starts nothing',
    needs: 'view',
    params: inProject,
    body: PlanQuestion.extend({ endpoint: z.string().min(1).max(63) }),
    response: RolloutPlan,
  }),
  stopRollout: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/rollouts/:id/stop',
    summary: 'End a rollout without a verdict; the champion stays',
    needs: 'operate',
    params,
    response: Rollout,
  }),
};
