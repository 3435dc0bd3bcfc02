import type { Handlers } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { importContract } from '../contract/import.ts';
import type { TrackingService } from '../service.ts';

export function importHandlers(tracking: TrackingService): Handlers<typeof importContract, Actor> {
  return {
    importExperiments: async ({ actor, params, body }) => ({
      results: await tracking.importExperiments(actor, params.project, body.experiments),
    }),
    importRuns: async ({ actor, params, body }) => ({
      results: await tracking.importRuns(actor, params.project, body.runs),
    }),
    importPoints: async ({ actor, params, body }) => ({
      points: await tracking.importPoints(actor, params.project, body.series),
    }),
    importLoggedModels: async ({ actor, params, body }) => ({
      results: await tracking.importLoggedModels(actor, params.project, body.models),
    }),
    importTraces: async ({ actor, params, body }) => ({
      results: await tracking.importTraces(actor, params.project, body.traces),
    }),
    importDigests: ({ params, body }) => tracking.importDigests(params.project, body.run_ids),
    importFiles: async ({ params, body }) => ({
      files: await tracking.importFiles(params.project, body.artifact_uri),
    }),
  };
}
