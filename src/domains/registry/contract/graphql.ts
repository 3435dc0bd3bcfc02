import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { unset } from '../../tracking/schema.ts';

export const graphqlContract = {
  queryGraph: endpoint({
    method: 'POST',
    also: ['GET'],
    path: '/graphql',
    versions: [],
    dialect: 'mlflow',
    summary: "MLflow's GraphQL queries: experiments, runs, metric samples, artifacts, model versions",
    needs: 'view',
    body: z.object({
      query: unset(z.string()),
      variables: unset(z.record(z.string(), z.unknown())),
      operationName: unset(z.string()),
    }),
    response: z.object({
      data: z.record(z.string(), z.unknown()).nullable(),
      errors: z.array(z.string()).nullable(),
    }),
  }),
};
