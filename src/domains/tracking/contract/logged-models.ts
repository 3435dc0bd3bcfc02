import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { storable } from '../../../lib/storable.ts';
import {
  FileInfo,
  int64,
  KeyValue,
  list,
  LOGGED_MODEL_STATUSES,
  LoggedModel,
  protoEnum,
  required,
  unset,
  words,
} from '../schema.ts';

const Empty = z.object({});
const Pair = KeyValue.extend({ value: z.string().transform(storable) });
const Id = z.object({ id: z.string() });
const One = z.object({ model: LoggedModel });
const PATH = '/mlflow/logged-models';

export const loggedModelsContract = {
  createLoggedModel: endpoint({
    method: 'POST',
    path: PATH,
    dialect: 'mlflow',
    summary: 'Make a place for a model',
    needs: 'track',
    body: z.object({
      experiment_id: required,
      name: unset(z.string()),
      model_type: unset(words(500)),
      source_run_id: unset(words(256)),
      params: unset(z.array(Pair)),
      tags: unset(z.array(Pair)),
    }),
    response: One,
  }),
  searchLoggedModels: endpoint({
    method: 'POST',
    path: `${PATH}/search`,
    dialect: 'mlflow',
    summary: 'Search models that runs logged',
    needs: 'view',
    body: z.object({
      experiment_ids: list(z.string()),
      filter: unset(z.string()),
      datasets: unset(
        z.array(z.object({ dataset_name: unset(z.string()), dataset_digest: unset(z.string()) })),
      ),
      max_results: unset(int64),
      order_by: unset(
        z.array(
          z.object({
            field_name: required,
            ascending: unset(z.boolean()),
            dataset_name: unset(z.string()),
            dataset_digest: unset(z.string()),
          }),
        ),
      ),
      page_token: unset(z.string()),
    }),
    response: z.object({ models: z.array(LoggedModel).optional(), next_page_token: z.string().optional() }),
  }),
  getLoggedModel: endpoint({
    method: 'GET',
    path: `${PATH}/:id`,
    dialect: 'mlflow',
    summary: 'One model that a run logged',
    needs: 'view',
    params: Id,
    query: z.object({ allow_deleted: unset(z.string()) }),
    response: One,
  }),
  finalizeLoggedModel: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id`,
    dialect: 'mlflow',
    summary: 'Say that all files of a model are there, or that they are not',
    needs: 'track',
    params: Id,
    body: z.object({ status: protoEnum(LOGGED_MODEL_STATUSES, 0) }),
    response: One,
  }),
  deleteLoggedModel: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id`,
    dialect: 'mlflow',
    summary: 'Delete a model that a run logged',
    needs: 'track',
    params: Id,
    response: Empty,
  }),
  setLoggedModelTags: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/tags`,
    dialect: 'mlflow',
    summary: 'Set tags of a logged model',
    needs: 'track',
    params: Id,
    body: z.object({ tags: list(Pair) }),
    response: Empty,
  }),
  deleteLoggedModelTag: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id/tags/:key`,
    dialect: 'mlflow',
    summary: 'Remove a tag of a logged model',
    needs: 'track',
    params: Id.extend({ key: z.string() }),
    response: Empty,
  }),
  logLoggedModelParams: endpoint({
    method: 'POST',
    path: `${PATH}/:id/params`,
    dialect: 'mlflow',
    summary: 'Add params to a logged model',
    needs: 'track',
    params: Id,
    body: z.object({ params: list(Pair) }),
    response: Empty,
  }),
  listLoggedModelArtifacts: endpoint({
    method: 'GET',
    path: `${PATH}/:id/artifacts/directories`,
    dialect: 'mlflow',
    summary: 'Children of a folder of a logged model',
    needs: 'view',
    params: Id,
    query: z.object({ artifact_directory_path: unset(z.string()) }),
    response: z.object({ root_uri: z.string(), files: z.array(FileInfo).optional() }),
  }),
  getLoggedModelArtifact: endpoint({
    method: 'GET',
    path: `${PATH}/:id/artifacts/files`,
    dialect: 'mlflow',
    kind: 'file',
    summary: 'A file of a logged model',
    needs: 'view',
    params: Id,
    query: z.object({ artifact_file_path: unset(z.string()) }),
    response: z.unknown(),
  }),
};
