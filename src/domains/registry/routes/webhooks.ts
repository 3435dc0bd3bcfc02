import { bind, type Bound } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { projectOf } from '../../tracking/schema.ts';
import { webhooksContract } from '../contract/webhooks.ts';
import type { WebhooksService } from '../service/webhooks.ts';

export const webhooksRoutes = (webhooks: WebhooksService): Bound<Actor>[] =>
  bind(webhooksContract, {
    createWebhook: async ({ actor, body, request }) => ({
      webhook: await webhooks.createWebhook(actor, projectOf(request.headers), body),
    }),
    listWebhooks: async ({ query, request }) => {
      const project = projectOf(request.headers);
      const page = await webhooks.listWebhooks(project, query.max_results, query.page_token);
      return { webhooks: page.items, next_page_token: page.token };
    },
    getWebhook: async ({ params, request }) => ({
      webhook: await webhooks.getWebhook(projectOf(request.headers), params.webhook_id),
    }),
    updateWebhook: async ({ actor, params, body, request }) => ({
      webhook: await webhooks.updateWebhook(actor, projectOf(request.headers), params.webhook_id, body),
    }),
    deleteWebhook: async ({ actor, params, request }) => {
      await webhooks.deleteWebhook(actor, projectOf(request.headers), params.webhook_id);
      return {};
    },
    testWebhook: async ({ actor, params, body, request }) => ({
      result: await webhooks.testWebhook(actor, projectOf(request.headers), params.webhook_id, body.event),
    }),
    listDeliveries: async ({ params, query }) => ({
      deliveries: await webhooks.listDeliveries(params.project, params.webhook, query.limit),
    }),
  });
