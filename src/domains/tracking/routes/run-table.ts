import type { Handlers } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { runTableContract } from '../contract/run-table.ts';
import type { TrackingService } from '../service.ts';

const COLUMNS = 960;

export function runTableHandlers(tracking: TrackingService): Handlers<typeof runTableContract, Actor> {
  return {
    countRuns: ({ params, body }) => tracking.countRuns(params.project, body),
    listRunKeys: ({ params, query }) => tracking.listRunKeys(params.project, query),
    listRunValues: ({ params, query }) => tracking.listRunValues(params.project, query),
    groupRuns: ({ params, body }) => tracking.groupRuns(params.project, body),
    exportRuns: ({ params, body }) => tracking.exportRuns(params.project, body),
    getMetricPoints: ({ params, query }) => {
      const { run_ids: runIds, columns = COLUMNS, axis = 'step', key: keys, from, to } = query;
      return tracking.metricPoints(params.project, { runIds, columns, axis, keys, from, to });
    },
    getMetricValues: ({ params, query }) =>
      tracking.metricValues(params.project, { runIds: query.run_ids, step: query.step }),
    trashRuns: ({ actor, params, body }) => tracking.trashRuns(actor, params.project, body),
    listRunViews: async ({ params }) => ({ views: await tracking.listRunViews(params.project) }),
    putRunView: async ({ actor, params, body }) => ({
      view: await tracking.putRunView(actor, params.project, params.name, body.state),
    }),
    deleteRunView: async ({ actor, params }) => {
      await tracking.deleteRunView(actor, params.project, params.name);
      return {};
    },
  };
}
