import type { Subscriptions } from '../../events/index.ts';
import type { JobWorker } from '../../jobs/index.ts';
import { DELIVER_JOB, type WebhooksService } from './service/webhooks.ts';
import { HEARD_EVENTS } from './webhook-message.ts';

/** Lets the webhooks hear the registry, and delivers what they heard. */
export function startWebhooks(
  webhooks: WebhooksService,
  ground: { subscriptions: Subscriptions; jobs: JobWorker },
): void {
  ground.subscriptions.add({
    name: 'webhooks',
    types: HEARD_EVENTS,
    handle: (event) => webhooks.hear(event),
  });
  ground.jobs.handle<{ delivery: string }>(
    DELIVER_JOB,
    ({ job, signal }) => webhooks.deliver(job.payload.delivery, signal),
    { concurrency: 8 },
  );
}
