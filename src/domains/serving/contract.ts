import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Name } from '../projects/schema.ts';
import {
  ChangeOutcome,
  DeployBody,
  Deployment,
  Endpoint,
  Settled,
  TrafficRevision,
} from './schema/control.ts';
import { ServiceLevel, ServiceLevelQuery } from './schema/service-level.ts';
import { EndpointName, EventTime, FeedbackRequest } from './schema/route.ts';

const inProject = z.object({ project: Name });
const params = z.object({ project: Name, endpoint: EndpointName });
const Row = z.record(z.string(), z.unknown());

export const servingContract = {
  listEndpoints: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/endpoints',
    summary: 'Endpoints with their live arms',
    needs: 'view',
    params: inProject,
    response: z.object({ endpoints: z.array(Endpoint) }),
  }),
  getEndpoint: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/endpoints/:endpoint',
    summary: 'One endpoint, its deployments and the history of its traffic',
    needs: 'view',
    params,
    response: z.object({
      endpoint: Endpoint,
      deployments: z.array(Deployment),
      revisions: z.array(TrafficRevision),
      settled_through: z.number().nullable(),
    }),
  }),
  deploy: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/endpoints/:endpoint/deploy',
    summary:
      'Put a model version behind the endpoint; in a protected environment a promotion request is opened instead',
    needs: 'operate',
    params,
    body: DeployBody,
    response: ChangeOutcome,
  }),
  retireCandidate: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/endpoints/:endpoint/retire-candidate',
    summary: 'Send all traffic back to the champion',
    needs: 'operate',
    params,
    response: ChangeOutcome,
  }),
  rollBack: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/endpoints/:endpoint/rollback',
    summary: 'Back to a version that answered here before; always allowed',
    needs: 'operate',
    params,
    body: z.object({ to: z.number().int().positive().optional() }),
    response: ChangeOutcome,
  }),
  settle: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/endpoints/:endpoint/settle',
    summary:
      'Event time has reached a moment: import the logs of all gateways up to now and let monitors and rollouts look',
    needs: 'edit',
    params,
    body: z.object({ through: EventTime.optional() }),
    response: Settled,
  }),
  listPredictions: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/endpoints/:endpoint/predictions',
    summary: 'Logged answers with their truth, newest event time first',
    needs: 'view',
    params,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      from: z.coerce.number().optional(),
      until: z.coerce.number().optional(),
    }),
    response: z.object({ predictions: z.array(Row) }),
  }),
  getServiceLevel: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/endpoints/:endpoint/service-level',
    summary: 'Rate by arm, latency and errors over the span that ends with the newest answer',
    needs: 'view',
    params,
    query: ServiceLevelQuery,
    response: ServiceLevel,
  }),
  getPrediction: endpoint({
    method: 'GET',
    path: '/api/v1/predictions/:id',
    summary: 'One answer: request, features, shadows, truth',
    needs: 'view',
    across: true,
    params: z.object({ id: z.string().max(200) }),
    response: z.object({ prediction: Row, shadows: z.array(Row), feedback: z.array(Row) }),
  }),
  sendFeedback: endpoint({
    method: 'POST',
    path: '/api/v1/feedback',
    summary: 'The truth about predictions; the latest observed_at wins',
    needs: 'track',
    across: true,
    body: FeedbackRequest,
    response: z.object({ accepted: z.number() }),
  }),
};
