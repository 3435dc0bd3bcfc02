import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { int64, list, required, text, unset, words } from '../../tracking/schema.ts';
import { ModelVersion, RegisteredModel } from '../schema.ts';

const Empty = z.object({});
const One = z.object({ registered_model: RegisteredModel });
/** Longest description, in characters. */
export const DESCRIPTION = 100_000;
export const TagBody = z.object({ key: required, value: text });
const PATH = '/mlflow/registered-models';

export const modelsContract = {
  createRegisteredModel: endpoint({
    method: 'POST',
    path: `${PATH}/create`,
    dialect: 'mlflow',
    summary: 'Register a model name',
    needs: 'track',
    body: z.object({ name: required, description: unset(words(DESCRIPTION)), tags: unset(z.array(TagBody)) }),
    response: One,
  }),
  getRegisteredModel: endpoint({
    method: 'GET',
    path: `${PATH}/get`,
    dialect: 'mlflow',
    summary: 'One registered model with its newest versions',
    needs: 'view',
    query: z.object({ name: required }),
    response: One,
  }),
  updateRegisteredModel: endpoint({
    method: 'PATCH',
    path: `${PATH}/update`,
    dialect: 'mlflow',
    summary: 'Describe a registered model',
    needs: 'track',
    body: z.object({ name: required, description: unset(words(DESCRIPTION)) }),
    response: One,
  }),
  renameRegisteredModel: endpoint({
    method: 'POST',
    path: `${PATH}/rename`,
    dialect: 'mlflow',
    summary: 'Rename a registered model',
    needs: 'track',
    body: z.object({ name: required, new_name: required }),
    response: One,
  }),
  deleteRegisteredModel: endpoint({
    method: 'DELETE',
    path: `${PATH}/delete`,
    dialect: 'mlflow',
    summary: 'Delete a registered model with its versions',
    needs: 'track',
    body: z.object({ name: required }),
    response: Empty,
  }),
  searchRegisteredModels: endpoint({
    method: 'GET',
    path: `${PATH}/search`,
    dialect: 'mlflow',
    summary: 'Search registered models',
    needs: 'view',
    query: z.object({
      filter: unset(z.string()),
      max_results: unset(int64.pipe(z.number().max(1000))),
      order_by: list(z.string()),
      page_token: unset(z.string()),
    }),
    response: z.object({
      registered_models: z.array(RegisteredModel).optional(),
      next_page_token: z.string().optional(),
    }),
  }),
  getLatestVersions: endpoint({
    method: 'POST',
    also: ['GET'],
    path: `${PATH}/get-latest-versions`,
    dialect: 'mlflow',
    summary: 'The newest version of each stage',
    needs: 'view',
    body: z.object({ name: required, stages: list(z.string()) }),
    response: z.object({ model_versions: z.array(ModelVersion).optional() }),
  }),
  setRegisteredModelTag: endpoint({
    method: 'POST',
    path: `${PATH}/set-tag`,
    dialect: 'mlflow',
    summary: 'Set a tag of a registered model',
    needs: 'track',
    body: TagBody.extend({ name: required }),
    response: Empty,
  }),
  deleteRegisteredModelTag: endpoint({
    method: 'DELETE',
    path: `${PATH}/delete-tag`,
    dialect: 'mlflow',
    summary: 'Remove a tag of a registered model',
    needs: 'track',
    body: z.object({ name: required, key: required }),
    response: Empty,
  }),
  setAlias: endpoint({
    method: 'POST',
    path: `${PATH}/alias`,
    dialect: 'mlflow',
    summary: 'Point an alias to a version',
    needs: 'track',
    body: z.object({ name: required, alias: required, version: required }),
    response: Empty,
  }),
  deleteAlias: endpoint({
    method: 'DELETE',
    path: `${PATH}/alias`,
    dialect: 'mlflow',
    summary: 'Remove an alias',
    needs: 'track',
    body: z.object({ name: required, alias: required }),
    response: Empty,
  }),
  getModelVersionByAlias: endpoint({
    method: 'GET',
    path: `${PATH}/alias`,
    dialect: 'mlflow',
    summary: 'The version behind an alias',
    needs: 'view',
    query: z.object({ name: required, alias: required }),
    response: z.object({ model_version: ModelVersion }),
  }),
};
