import { bind, type Bound } from '../../lib/contract/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import { rolloutsContract } from './contract.ts';
import { ROLLOUT_ERRORS } from './errors.ts';
import type { Rollout } from './schema.ts';
import type { RolloutsService } from './service.ts';

export function rolloutsRoutes(rollouts: RolloutsService): Bound<Actor>[] {
  async function inProject(project: string, id: number): Promise<Rollout> {
    const rollout = await rollouts.get(id);
    if (rollout.project === project) return rollout;
    throw new AppError(ROLLOUT_ERRORS.ROLLOUT_UNKNOWN, `Project '${project}' has no rollout ${id}.`);
  }

  return bind(rolloutsContract, {
    listRollouts: async ({ params }) => ({ rollouts: await rollouts.list(params.project) }),
    getRollout: ({ params }) => inProject(params.project, params.id),
    planRollout: ({ body: { endpoint, ...question } }) => rollouts.plan(endpoint, question),
    async stopRollout({ actor, params }) {
      await inProject(params.project, params.id);
      return rollouts.stop(actor, params.id);
    },
  });
}
