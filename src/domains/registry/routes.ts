import { bind, type Bound, givenIdOf, type Handlers } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { projectOf } from '../tracking/schema.ts';
import { registryContract } from './contract.ts';
import type { modelsContract } from './contract/models.ts';
import type { versionsContract } from './contract/versions.ts';
import type { RegistryService } from './service.ts';

export const registryRoutes = (registry: RegistryService): Bound<Actor>[] =>
  bind(registryContract, {
    ...modelHandlers(registry),
    ...versionHandlers(registry),
  });

function modelHandlers(registry: RegistryService): Handlers<typeof modelsContract, Actor> {
  return {
    createRegisteredModel: async ({ actor, body, request }) => ({
      registered_model: await registry.createModel(actor, projectOf(request.headers), body),
    }),
    getRegisteredModel: async ({ query, request }) => ({
      registered_model: await registry.getModel(projectOf(request.headers), query.name),
    }),
    updateRegisteredModel: async ({ actor, body, request }) => ({
      registered_model: await registry.updateModel(
        actor,
        projectOf(request.headers),
        body.name,
        body.description ?? '',
      ),
    }),
    renameRegisteredModel: async ({ actor, body, request }) => ({
      registered_model: await registry.renameModel(
        actor,
        projectOf(request.headers),
        body.name,
        body.new_name,
      ),
    }),
    deleteRegisteredModel: async ({ actor, body, request }) => {
      await registry.deleteModel(actor, projectOf(request.headers), body.name);
      return {};
    },
    searchRegisteredModels: async ({ query, request }) => {
      const page = await registry.searchModels(projectOf(request.headers), {
        filter: query.filter,
        orderBy: query.order_by,
        limit: query.max_results,
        token: query.page_token,
      });
      return { registered_models: page.items, next_page_token: page.token };
    },
    getLatestVersions: async ({ body, request }) => ({
      model_versions: await registry.latestVersions(projectOf(request.headers), body.name, body.stages),
    }),
    setRegisteredModelTag: async ({ actor, body, request }) => {
      await registry.setModelTag(actor, projectOf(request.headers), body.name, body);
      return {};
    },
    deleteRegisteredModelTag: async ({ actor, body, request }) => {
      await registry.deleteModelTag(actor, projectOf(request.headers), body.name, body.key);
      return {};
    },
    setAlias: async ({ actor, body, request }) => {
      await registry.setAlias(actor, projectOf(request.headers), body.name, body.alias, body.version);
      return {};
    },
    deleteAlias: async ({ actor, body, request }) => {
      await registry.deleteAlias(actor, projectOf(request.headers), body.name, body.alias);
      return {};
    },
    getModelVersionByAlias: async ({ query, request }) => ({
      model_version: await registry.getVersionByAlias(projectOf(request.headers), query.name, query.alias),
    }),
  };
}

function versionHandlers(registry: RegistryService): Handlers<typeof versionsContract, Actor> {
  return {
    createModelVersion: async ({ actor, body, request }) => ({
      model_version: await registry.createVersion(actor, projectOf(request.headers), body.name, {
        ...body,
        id: givenIdOf(request.headers),
      }),
    }),
    getModelVersion: async ({ query, request }) => ({
      model_version: await registry.getVersion(projectOf(request.headers), query.name, query.version),
    }),
    updateModelVersion: async ({ actor, body, request }) => ({
      model_version: await registry.updateVersion(
        actor,
        projectOf(request.headers),
        body.name,
        body.version,
        body.description ?? '',
      ),
    }),
    transitionStage: async ({ actor, body, request }) => ({
      model_version: await registry.transitionStage(
        actor,
        projectOf(request.headers),
        body.name,
        body.version,
        body.stage,
        body.archive_existing_versions ?? false,
      ),
    }),
    deleteModelVersion: async ({ actor, body, request }) => {
      await registry.deleteVersion(actor, projectOf(request.headers), body.name, body.version);
      return {};
    },
    searchModelVersions: async ({ query, request }) => {
      const page = await registry.searchVersions(projectOf(request.headers), {
        filter: query.filter,
        orderBy: query.order_by,
        limit: query.max_results,
        token: query.page_token,
      });
      return { model_versions: page.items, next_page_token: page.token };
    },
    getDownloadUri: async ({ query, request }) => ({
      artifact_uri: await registry.downloadUri(projectOf(request.headers), query.name, query.version),
    }),
    getVersionArtifact: ({ query, request }) =>
      registry.openVersionFile(projectOf(request.headers), query.name, query.version, query.path),
    setModelVersionTag: async ({ actor, body, request }) => {
      await registry.setVersionTag(actor, projectOf(request.headers), body.name, body.version, body);
      return {};
    },
    deleteModelVersionTag: async ({ actor, body, request }) => {
      const { name, version, key } = body;
      await registry.deleteVersionTag(actor, projectOf(request.headers), name, version, key);
      return {};
    },
  };
}
