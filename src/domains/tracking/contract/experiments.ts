import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Experiment, int64, list, optionalEnum, required, text, unset, VIEWS } from '../schema.ts';

const Empty = z.object({});
const One = z.object({ experiment_id: required });

export const experimentsContract = {
  createExperiment: endpoint({
    method: 'POST',
    path: '/mlflow/experiments/create',
    dialect: 'mlflow',
    summary: 'Make an experiment',
    needs: 'track',
    body: z.object({
      name: required,
      artifact_location: unset(z.string()),
      tags: unset(z.array(z.object({ key: required, value: text }))),
    }),
    response: z.object({ experiment_id: z.string() }),
  }),
  getExperiment: endpoint({
    method: 'GET',
    path: '/mlflow/experiments/get',
    dialect: 'mlflow',
    summary: 'One experiment by id',
    needs: 'view',
    query: One,
    response: z.object({ experiment: Experiment }),
  }),
  getExperimentByName: endpoint({
    method: 'GET',
    path: '/mlflow/experiments/get-by-name',
    dialect: 'mlflow',
    summary: 'One experiment by name',
    needs: 'view',
    query: z.object({ experiment_name: required }),
    response: z.object({ experiment: Experiment }),
  }),
  searchExperiments: endpoint({
    method: 'POST',
    also: ['GET'],
    path: '/mlflow/experiments/search',
    dialect: 'mlflow',
    summary: 'Search experiments',
    needs: 'view',
    body: z.object({
      max_results: unset(int64),
      page_token: unset(z.string()),
      filter: unset(z.string()),
      order_by: list(z.string()),
      view_type: optionalEnum(VIEWS, 1),
    }),
    response: z.object({
      experiments: z.array(Experiment).optional(),
      next_page_token: z.string().optional(),
    }),
  }),
  deleteExperiment: endpoint({
    method: 'POST',
    path: '/mlflow/experiments/delete',
    dialect: 'mlflow',
    summary: 'Move an experiment and its runs to the trash',
    needs: 'track',
    body: One,
    response: Empty,
  }),
  restoreExperiment: endpoint({
    method: 'POST',
    path: '/mlflow/experiments/restore',
    dialect: 'mlflow',
    summary: 'Take an experiment and its runs out of the trash',
    needs: 'track',
    body: One,
    response: Empty,
  }),
  updateExperiment: endpoint({
    method: 'POST',
    path: '/mlflow/experiments/update',
    dialect: 'mlflow',
    summary: 'Rename an experiment',
    needs: 'track',
    body: z.object({ experiment_id: required, new_name: required }),
    response: Empty,
  }),
  setExperimentTag: endpoint({
    method: 'POST',
    path: '/mlflow/experiments/set-experiment-tag',
    dialect: 'mlflow',
    summary: 'Set a tag of an experiment',
    needs: 'track',
    body: z.object({ experiment_id: required, key: required, value: text }),
    response: Empty,
  }),
  deleteExperimentTag: endpoint({
    method: 'POST',
    path: '/mlflow/experiments/delete-experiment-tag',
    dialect: 'mlflow',
    summary: 'Remove a tag of an experiment',
    needs: 'track',
    body: z.object({ experiment_id: required, key: required }),
    response: Empty,
  }),
  searchDatasets: searchDatasets('/mlflow/experiments/search-datasets', ['2.0']),
  /** MLflow declares this path without its first slash; its clients use that spelling. */
  searchDatasetsLiteral: searchDatasets('/api/2.0mlflow/experiments/search-datasets', []),
};

function searchDatasets(path: string, versions: string[]) {
  return endpoint({
    method: 'POST',
    path,
    versions,
    dialect: 'mlflow',
    summary: 'Datasets that the runs of experiments logged',
    needs: 'view',
    body: z.object({ experiment_ids: list(z.string()) }),
    response: z.object({
      dataset_summaries: z
        .array(
          z.object({
            experiment_id: z.string(),
            name: z.string(),
            digest: z.string(),
            context: z.string().optional(),
          }),
        )
        .optional(),
    }),
  });
}
