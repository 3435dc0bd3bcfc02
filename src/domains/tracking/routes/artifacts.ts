import { givenIdOf, type Handlers, type RequestContext } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { artifactsContract } from '../contract/artifacts.ts';
import type { loggedModelsContract } from '../contract/logged-models.ts';
import { badParameter, badRequest, missingParameter } from '../errors.ts';
import { filled } from '../wire.ts';
import { projectOf } from '../schema.ts';
import type { TrackingService } from '../service.ts';
import type { Listing } from '../service/artifacts.ts';
import { runIdOf } from './runs.ts';

const bytesOf = (request: RequestContext) => request.stream as unknown as AsyncIterable<Uint8Array>;
const none: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => [][Symbol.iterator]() as never };
/** An upload without a body is an empty file. */
const bodyOf = (request: RequestContext) => (request.stream ? bytesOf(request) : none);

/** Where a file goes that a client names by its own path: into the folder, by its last name. */
const target = (folder: string, path: string) => `${folder}/${path.split('/').at(-1) ?? ''}`;

export function artifactHandlers(tracking: TrackingService): Handlers<typeof artifactsContract, Actor> {
  return {
    listRunArtifacts: async ({ query, request }) =>
      listing(await tracking.listRunArtifacts(projectOf(request.headers), runIdOf(query), query.path ?? '')),
    getRunArtifact: ({ query, request }) =>
      tracking.openRunArtifact(projectOf(request.headers), runIdOf(query), query.path),
    putRunArtifact: async ({ actor, query, request }) => {
      if (!query.run_uuid) throw badParameter('Request must specify run_uuid.');
      if (!query.path) throw badParameter('Request must specify path.');
      const project = projectOf(request.headers);
      await tracking.putRunArtifact(actor, project, query.run_uuid, query.path, bodyOf(request));
      return {};
    },
    listArtifacts: async ({ query, request }) => ({
      files: filled(await tracking.listArtifacts(projectOf(request.headers), query.path ?? '')),
    }),
    downloadArtifact: ({ params, request }) => tracking.openArtifact(projectOf(request.headers), params['*']),
    uploadArtifact: async ({ actor, params, request }) => {
      await tracking.uploadArtifact(actor, projectOf(request.headers), params['*'], bodyOf(request));
      return {};
    },
    deleteArtifact: async ({ actor, params, request }) => {
      await tracking.deleteArtifact(actor, projectOf(request.headers), params['*']);
      return {};
    },
    createMultipart: ({ actor, params, body, request }) =>
      tracking.beginUpload(
        actor,
        projectOf(request.headers),
        target(params['*'], body.path),
        body.num_parts ?? 1,
      ),
    completeMultipart: async ({ actor, params, body, request }) => {
      const { upload_id: id = '', parts } = body;
      await tracking.completeUpload(actor, projectOf(request.headers), target(params['*'], body.path), {
        id,
        parts,
      });
      return {};
    },
    abortMultipart: async ({ actor, params, body, request }) => {
      await tracking.abortUpload(
        actor,
        projectOf(request.headers),
        target(params['*'], body.path),
        body.upload_id ?? '',
      );
      return {};
    },
    presignDownload: ({ params, request }) =>
      tracking.presignDownload(projectOf(request.headers), params['*']),
    presignRunUpload: ({ body, request }) => {
      if (!body.run_id === !body.model_id)
        throw badParameter('Exactly one of run_id and model_id must be provided.');
      return tracking.presign(projectOf(request.headers), body, 'upload');
    },
    presignRunDownload: ({ body, request }) => {
      if (!body.run_id) throw missingParameter('run_id');
      return tracking.presign(projectOf(request.headers), { ...body, model_id: undefined }, 'download');
    },
  };
}

export function loggedModelHandlers(tracking: TrackingService): Handlers<typeof loggedModelsContract, Actor> {
  return {
    createLoggedModel: async ({ actor, body, request }) => ({
      model: await tracking.createLoggedModel(actor, projectOf(request.headers), {
        ...body,
        id: givenIdOf(request.headers),
      }),
    }),
    searchLoggedModels: async ({ body, request }) => {
      if (body.experiment_ids.length === 0) throw missingParameter('experiment_ids');
      if (body.datasets?.some((dataset) => !dataset.dataset_name))
        throw badParameter('`dataset_name` in the `datasets` clause must be specified.');
      const page = await tracking.searchLoggedModels(projectOf(request.headers), {
        experimentIds: body.experiment_ids,
        filter: body.filter,
        datasets: (body.datasets ?? []).map((dataset) => ({
          name: dataset.dataset_name ?? '',
          digest: dataset.dataset_digest,
        })),
        orderBy: body.order_by,
        limit: body.max_results,
        token: body.page_token,
      });
      return { models: filled(page.items), next_page_token: page.token };
    },
    getLoggedModel: async ({ params, query, request }) => ({
      model: await tracking.getLoggedModel(
        projectOf(request.headers),
        params.id,
        query.allow_deleted?.toLowerCase() === 'true',
      ),
    }),
    finalizeLoggedModel: async ({ actor, params, body, request }) => ({
      model: await tracking.finalizeLoggedModel(actor, projectOf(request.headers), params.id, body.status),
    }),
    deleteLoggedModel: async ({ actor, params, request }) => {
      await tracking.deleteLoggedModel(actor, projectOf(request.headers), params.id);
      return {};
    },
    setLoggedModelTags: async ({ actor, params, body, request }) => {
      await tracking.setModelTags(actor, projectOf(request.headers), params.id, body.tags);
      return {};
    },
    deleteLoggedModelTag: async ({ actor, params, request }) => {
      await tracking.deleteModelTag(actor, projectOf(request.headers), params.id, params.key);
      return {};
    },
    logLoggedModelParams: async ({ actor, params, body, request }) => {
      await tracking.logModelParams(actor, projectOf(request.headers), params.id, body.params);
      return {};
    },
    listLoggedModelArtifacts: async ({ params, query, request }) => {
      const folder = query.artifact_directory_path ?? '';
      return listing(await tracking.listModelArtifacts(projectOf(request.headers), params.id, folder));
    },
    getLoggedModelArtifact: ({ params, query, request }) => {
      if (!query.artifact_file_path)
        throw badRequest('Request must include the "artifact_file_path" query parameter.');
      return tracking.openModelArtifact(projectOf(request.headers), params.id, query.artifact_file_path);
    },
  };
}

const listing = ({ root_uri, files }: Listing) => ({ root_uri, files: filled(files) });
