import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { int64, list, required, unset, words } from '../../tracking/schema.ts';
import { ModelVersion } from '../schema.ts';
import { DESCRIPTION, TagBody } from './models.ts';

const Empty = z.object({});
const One = z.object({ model_version: ModelVersion });
const Key = z.object({ name: required, version: required });
const PATH = '/mlflow/model-versions';

export const versionsContract = {
  createModelVersion: endpoint({
    method: 'POST',
    path: `${PATH}/create`,
    dialect: 'mlflow',
    summary: 'Register a version and freeze its files',
    needs: 'track',
    body: z.object({
      name: required,
      source: required,
      run_id: unset(words(256)),
      model_id: unset(words(36)),
      run_link: unset(words(2048)),
      description: unset(words(DESCRIPTION)),
      tags: unset(z.array(TagBody)),
    }),
    response: One,
  }),
  getModelVersion: endpoint({
    method: 'GET',
    path: `${PATH}/get`,
    dialect: 'mlflow',
    summary: 'One version',
    needs: 'view',
    query: Key,
    response: One,
  }),
  updateModelVersion: endpoint({
    method: 'PATCH',
    path: `${PATH}/update`,
    dialect: 'mlflow',
    summary: 'Describe a version',
    needs: 'track',
    body: Key.extend({ description: unset(words(DESCRIPTION)) }),
    response: One,
  }),
  transitionStage: endpoint({
    method: 'POST',
    path: `${PATH}/transition-stage`,
    dialect: 'mlflow',
    summary: 'Move a version to a stage',
    needs: 'track',
    body: Key.extend({ stage: required, archive_existing_versions: unset(z.boolean()) }),
    response: One,
  }),
  deleteModelVersion: endpoint({
    method: 'DELETE',
    path: `${PATH}/delete`,
    dialect: 'mlflow',
    summary: 'Delete a version; its number stays taken',
    needs: 'track',
    body: Key,
    response: Empty,
  }),
  searchModelVersions: endpoint({
    method: 'GET',
    path: `${PATH}/search`,
    dialect: 'mlflow',
    summary: 'Search versions',
    needs: 'view',
    query: z.object({
      filter: unset(z.string()),
      max_results: unset(int64.pipe(z.number().max(200_000))),
      order_by: list(z.string()),
      page_token: unset(z.string()),
    }),
    response: z.object({
      model_versions: z.array(ModelVersion).optional(),
      next_page_token: z.string().optional(),
    }),
  }),
  getDownloadUri: endpoint({
    method: 'GET',
    path: `${PATH}/get-download-uri`,
    dialect: 'mlflow',
    summary: 'Where the files of a version are downloaded from',
    needs: 'view',
    query: Key,
    response: z.object({ artifact_uri: z.string() }),
  }),
  getVersionArtifact: endpoint({
    method: 'GET',
    path: '/model-versions/get-artifact',
    versions: [],
    dialect: 'mlflow',
    kind: 'file',
    summary: 'A file of a version',
    needs: 'view',
    query: Key.extend({ path: z.string() }),
    response: z.unknown(),
  }),
  setModelVersionTag: endpoint({
    method: 'POST',
    path: `${PATH}/set-tag`,
    dialect: 'mlflow',
    summary: 'Set a tag of a version',
    needs: 'track',
    body: TagBody.extend({ name: required, version: required }),
    response: Empty,
  }),
  deleteModelVersionTag: endpoint({
    method: 'DELETE',
    path: `${PATH}/delete-tag`,
    dialect: 'mlflow',
    summary: 'Remove a tag of a version',
    needs: 'track',
    body: Key.extend({ key: required }),
    response: Empty,
  }),
};
