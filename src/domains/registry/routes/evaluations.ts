import { bind, type Bound } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { evaluationsContract } from '../contract/evaluations.ts';
import type { EvaluationsService } from '../service/evaluations.ts';

export const evaluationsRoutes = (evaluations: EvaluationsService): Bound<Actor>[] =>
  bind(evaluationsContract, {
    evaluate: ({ actor, params, body }) =>
      evaluations.evaluate(actor, params.project, params.model, params.version, body),
    listEvaluations: async ({ params, query }) => ({
      evaluations: await evaluations.list(params.project, params.model, query.version),
    }),
  });
