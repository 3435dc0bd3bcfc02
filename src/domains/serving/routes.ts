import { bind, type Bound } from '../../lib/contract/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import { servingContract } from './contract.ts';
import { SERVING_ERRORS } from './errors.ts';
import type { LogService } from './service/log.ts';
import type { FeedbackRequest } from './schema/route.ts';
import type { ServingService } from './service/endpoints.ts';

/** Hands feedback to the log that the gateway writes; settles when it is durable. */
export type FeedbackPort = (body: FeedbackRequest) => Promise<{ accepted: number }>;

export function servingRoutes(
  serving: ServingService,
  log: LogService,
  feedback: FeedbackPort,
): Bound<Actor>[] {
  async function inProject(project: string, name: string) {
    const endpoint = await serving.get(name);
    if (endpoint.project === project) return endpoint;
    throw new AppError(SERVING_ERRORS.ENDPOINT_UNKNOWN, `Project '${project}' has no endpoint '${name}'.`);
  }

  return bind(servingContract, {
    listEndpoints: async ({ params }) => ({ endpoints: await serving.list(params.project) }),
    getEndpoint: async ({ params }) => ({
      endpoint: await inProject(params.project, params.endpoint),
      deployments: await serving.deployments(params.endpoint),
      revisions: await serving.revisions(params.endpoint),
      settled_through: await log.clock(params.endpoint),
    }),
    deploy: ({ actor, params, body }) =>
      serving.change(actor, params.project, { kind: 'deploy', endpoint: params.endpoint, deploy: body }),
    retireCandidate: ({ actor, params }) =>
      serving.change(actor, params.project, { kind: 'retire-candidate', endpoint: params.endpoint }),
    rollBack: ({ actor, params, body }) =>
      serving.change(actor, params.project, { kind: 'rollback', endpoint: params.endpoint, ...body }),
    async settle({ params, body }) {
      await inProject(params.project, params.endpoint);
      return log.settle(params.project, params.endpoint, body.through);
    },
    async listPredictions({ params, query }) {
      await inProject(params.project, params.endpoint);
      return { predictions: await log.recent(params.endpoint, query) };
    },
    async getServiceLevel({ params, query }) {
      await inProject(params.project, params.endpoint);
      return log.level(params.endpoint, query);
    },
    async getPrediction({ actor, params }) {
      await serving.assertMay(actor, 'view', [params.id]);
      return log.find(params.id);
    },
    async sendFeedback({ actor, body }) {
      const ids = body.feedback.map((each) => each.prediction_id);
      await serving.assertMay(actor, 'track', ids);
      return feedback(body);
    },
  });
}
