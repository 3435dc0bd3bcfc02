import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { FileInfo, required, unset } from '../schema.ts';

const Empty = z.object({});
const Files = z.object({ files: z.array(FileInfo).optional() });
const Listing = Files.extend({ root_uri: z.string() });
const Path = z.object({ '*': z.string() });
const PROXY = '/mlflow-artifacts/artifacts';

const Upload = z.object({ path: required, upload_id: unset(z.string()) });
const Credential = z.object({
  url: z.string(),
  part_number: z.number(),
  headers: z.record(z.string(), z.string()),
});
const Part = z.object({ part_number: z.coerce.number(), etag: z.string(), url: unset(z.string()) });

const multipart = <B extends z.ZodType, R extends z.ZodType>(
  step: 'create' | 'complete' | 'abort',
  summary: string,
  { body, response }: { body: B; response: R },
) =>
  endpoint({
    method: 'POST',
    path: `/mlflow-artifacts/mpu/${step}/*`,
    dialect: 'mlflow',
    summary,
    needs: 'track',
    params: Path,
    body,
    response,
  });
const presigned = (direction: 'upload' | 'download', needs: 'track' | 'view', summary: string) =>
  endpoint({
    method: 'POST',
    path: `/mlflow/artifacts/presigned-${direction}-url`,
    dialect: 'mlflow',
    summary,
    needs,
    body: z.object({
      run_id: unset(z.string()),
      model_id: unset(z.string()),
      path: required,
      expiration: unset(z.coerce.number()),
    }),
    response: z.object({
      presigned_url: z.string(),
      headers: z.record(z.string(), z.string()),
      file_size: z.number().optional(),
    }),
  });

export const artifactsContract = {
  listRunArtifacts: endpoint({
    method: 'GET',
    path: '/mlflow/artifacts/list',
    dialect: 'mlflow',
    summary: 'Children of a folder of a run',
    needs: 'view',
    query: z.object({
      run_id: unset(z.string()),
      run_uuid: unset(z.string()),
      path: unset(z.string()),
      page_token: unset(z.string()),
    }),
    response: Listing,
  }),
  getRunArtifact: endpoint({
    method: 'GET',
    path: '/get-artifact',
    versions: [],
    dialect: 'mlflow',
    kind: 'file',
    summary: 'A file of a run',
    needs: 'view',
    query: z.object({ run_id: unset(z.string()), run_uuid: unset(z.string()), path: z.string() }),
    response: z.unknown(),
  }),
  putRunArtifact: endpoint({
    method: 'POST',
    path: '/mlflow/upload-artifact',
    dialect: 'mlflow',
    kind: 'upload',
    summary: 'Put a file of at most 10 MB to a run',
    needs: 'track',
    query: z.object({ run_uuid: unset(z.string()), path: unset(z.string()) }),
    response: Empty,
  }),
  listArtifacts: endpoint({
    method: 'GET',
    path: PROXY,
    dialect: 'mlflow',
    summary: 'Children of a folder of the artifact proxy',
    needs: 'view',
    query: z.object({ path: unset(z.string()) }),
    response: Files,
  }),
  downloadArtifact: endpoint({
    method: 'GET',
    path: `${PROXY}/*`,
    dialect: 'mlflow',
    kind: 'file',
    summary: 'Download a file',
    needs: 'view',
    params: Path,
    response: z.unknown(),
  }),
  uploadArtifact: endpoint({
    method: 'PUT',
    path: `${PROXY}/*`,
    dialect: 'mlflow',
    kind: 'upload',
    summary: 'Upload a file',
    needs: 'track',
    params: Path,
    response: Empty,
  }),
  deleteArtifact: endpoint({
    method: 'DELETE',
    path: `${PROXY}/*`,
    dialect: 'mlflow',
    summary: 'Remove a file or a folder',
    needs: 'track',
    params: Path,
    response: Empty,
  }),
  createMultipart: multipart('create', 'Begin an upload in parts, where the store can', {
    body: z.object({ path: required, num_parts: unset(z.coerce.number()) }),
    response: z.object({ upload_id: z.string(), credentials: z.array(Credential) }),
  }),
  completeMultipart: multipart('complete', 'Join the parts of an upload', {
    body: Upload.extend({ parts: z.array(Part).default([]) }),
    response: Empty,
  }),
  abortMultipart: multipart('abort', 'Give up an upload in parts', { body: Upload, response: Empty }),
  presignDownload: endpoint({
    method: 'GET',
    path: '/mlflow-artifacts/presigned/*',
    dialect: 'mlflow',
    summary: 'An address to download a file from, where the store has one',
    needs: 'view',
    params: Path,
    response: z.object({
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      file_size: z.number(),
    }),
  }),
  presignRunUpload: presigned('upload', 'track', 'An address to upload a file of a run to'),
  presignRunDownload: presigned('download', 'view', 'An address to download a file of a run from'),
};
