import { givenIdOf, type Handlers } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { experimentsContract } from '../contract/experiments.ts';
import { badParameter } from '../errors.ts';
import { projectOf } from '../schema.ts';
import type { TrackingService } from '../service.ts';

const MOST_EXPERIMENTS = 20;

export function experimentHandlers(tracking: TrackingService): Handlers<typeof experimentsContract, Actor> {
  const searchDatasets: Handlers<typeof experimentsContract, Actor>['searchDatasets'] = async ({
    body,
    request,
  }) => {
    const ids = body.experiment_ids;
    if (ids.length === 0)
      throw badParameter('SearchDatasets request must specify at least one experiment_id.');
    if (ids.length > MOST_EXPERIMENTS) {
      throw badParameter(
        `SearchDatasets request cannot specify more than ${MOST_EXPERIMENTS} experiment_ids. Received ${ids.length} experiment_ids.`,
      );
    }
    return { dataset_summaries: await tracking.summarizeDatasets(projectOf(request.headers), ids) };
  };
  return {
    createExperiment: async ({ actor, body, request }) => ({
      experiment_id: await tracking.createExperiment(actor, projectOf(request.headers), {
        ...body,
        id: givenIdOf(request.headers),
      }),
    }),
    getExperiment: async ({ query, request }) => ({
      experiment: await tracking.getExperiment(projectOf(request.headers), query.experiment_id),
    }),
    getExperimentByName: async ({ query, request }) => ({
      experiment: await tracking.getExperimentByName(projectOf(request.headers), query.experiment_name),
    }),
    searchExperiments: async ({ body, request }) => {
      const page = await tracking.searchExperiments(projectOf(request.headers), {
        filter: body.filter,
        orderBy: body.order_by,
        limit: body.max_results,
        token: body.page_token,
        view: body.view_type,
      });
      return { experiments: page.items, next_page_token: page.token };
    },
    deleteExperiment: async ({ actor, body, request }) => {
      await tracking.deleteExperiment(actor, projectOf(request.headers), body.experiment_id);
      return {};
    },
    restoreExperiment: async ({ actor, body, request }) => {
      await tracking.restoreExperiment(actor, projectOf(request.headers), body.experiment_id);
      return {};
    },
    updateExperiment: async ({ actor, body, request }) => {
      const project = projectOf(request.headers);
      await tracking.renameExperiment(actor, project, body.experiment_id, body.new_name);
      return {};
    },
    setExperimentTag: async ({ actor, body, request }) => {
      await tracking.setExperimentTag(actor, projectOf(request.headers), body.experiment_id, body);
      return {};
    },
    deleteExperimentTag: async ({ actor, body, request }) => {
      await tracking.deleteExperimentTag(actor, projectOf(request.headers), body.experiment_id, body.key);
      return {};
    },
    searchDatasets,
    searchDatasetsLiteral: searchDatasets,
  };
}
