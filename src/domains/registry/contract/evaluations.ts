import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Name } from '../../projects/schema.ts';
import { EvaluateBody, Evaluation } from '../schema/evaluation.ts';

const params = z.object({ project: Name, model: z.string().min(1).max(255) });
const versioned = params.extend({ version: z.coerce.number().int().positive() });

export const evaluationsContract = {
  evaluate: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/models/:model/versions/:version/evaluations',
    summary:
      'Let Rondo evaluate a version on a pinned hold-out, beside the baseline and a champion; answers when it is done',
    needs: 'edit',
    params: versioned,
    body: EvaluateBody,
    response: Evaluation,
  }),
  listEvaluations: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/models/:model/evaluations',
    summary: 'Evaluations of a model, newest first',
    needs: 'view',
    params,
    query: z.object({ version: z.coerce.number().int().positive().optional() }),
    response: z.object({ evaluations: z.array(Evaluation) }),
  }),
};
