import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';

export const graphqlContract = {
  queryGraphql: endpoint({
    method: 'POST',
    also: ['GET'],
    path: '/graphql',
    versions: [],
    dialect: 'mlflow',
    summary: "MLflow's GraphQL: reads of experiments, runs, metrics, artifacts and model versions",
    needs: 'view',
    body: z.object({
      query: z.string().min(1).max(100_000),
      variables: z.record(z.string(), z.unknown()).nullish(),
      operationName: z.string().nullish(),
    }),
    response: z.object({ data: z.unknown(), errors: z.array(z.string()).nullable() }),
  }),
};
