import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Name } from '../../projects/schema.ts';
import { int64, protoEnum, required, unset } from '../../tracking/schema.ts';
import {
  Delivery,
  Webhook,
  WEBHOOK_ACTIONS,
  WEBHOOK_ENTITIES,
  WEBHOOK_STATUSES,
  WebhookTestResult,
} from '../schema/webhook.ts';

const One = z.object({ webhook: Webhook });
const PATH = '/mlflow/webhooks';
const params = z.object({ webhook_id: z.string() });
const Event = z.object({
  entity: protoEnum(WEBHOOK_ENTITIES, 1),
  action: protoEnum(WEBHOOK_ACTIONS, 1),
});
const Status = protoEnum(WEBHOOK_STATUSES, 1);

/** MLflow's webhooks. Their addresses can hold credentials of others, so reading needs as much as changing. */
export const webhooksContract = {
  createWebhook: endpoint({
    method: 'POST',
    path: PATH,
    dialect: 'mlflow',
    summary: 'Have events of the registry posted to an address',
    needs: 'operate',
    body: z.object({
      name: required,
      url: required,
      events: z.array(Event),
      description: unset(z.string()),
      secret: unset(z.string()),
      status: unset(Status),
    }),
    response: One,
  }),
  listWebhooks: endpoint({
    method: 'GET',
    path: PATH,
    dialect: 'mlflow',
    summary: 'Webhooks, newest first',
    needs: 'operate',
    query: z.object({ max_results: unset(int64), page_token: unset(z.string()) }),
    response: z.object({ webhooks: z.array(Webhook).optional(), next_page_token: z.string().optional() }),
  }),
  getWebhook: endpoint({
    method: 'GET',
    path: `${PATH}/:webhook_id`,
    dialect: 'mlflow',
    summary: 'One webhook; its secret is never shown',
    needs: 'operate',
    params,
    response: One,
  }),
  updateWebhook: endpoint({
    method: 'PATCH',
    path: `${PATH}/:webhook_id`,
    dialect: 'mlflow',
    summary: 'Change what is given of a webhook',
    needs: 'operate',
    params,
    body: z.object({
      name: unset(z.string()),
      url: unset(z.string()),
      events: unset(z.array(Event)),
      description: unset(z.string()),
      secret: unset(z.string()),
      status: unset(Status),
    }),
    response: One,
  }),
  deleteWebhook: endpoint({
    method: 'DELETE',
    path: `${PATH}/:webhook_id`,
    dialect: 'mlflow',
    summary: 'Delete a webhook with its log; what waits is not delivered',
    needs: 'operate',
    params,
    response: z.object({}),
  }),
  testWebhook: endpoint({
    method: 'POST',
    path: `${PATH}/:webhook_id/test`,
    dialect: 'mlflow',
    summary: 'Post an example now and say what came back',
    needs: 'operate',
    params,
    body: z.object({ event: unset(Event) }),
    response: z.object({ result: WebhookTestResult }),
  }),
  listDeliveries: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/webhooks/:webhook/deliveries',
    summary: 'The last deliveries of a webhook, newest first',
    needs: 'operate',
    params: z.object({ project: Name, webhook: z.string().max(100) }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
    response: z.object({ deliveries: z.array(Delivery) }),
  }),
};
