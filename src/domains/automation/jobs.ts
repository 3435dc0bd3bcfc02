import type { Subscriptions } from '../../events/index.ts';
import type { JobWorker } from '../../jobs/index.ts';
import { act } from './act.ts';
import type { Parts } from './actions.ts';
import { comeDue, DUE_JOB } from './apply.ts';
import { ACT_ATTEMPTS, ACT_JOB } from './fire.ts';
import type { AutomationService } from './service.ts';

/** Lets the rules hear every event, do what they decided, and come due. */
export function startAutomation(
  service: AutomationService,
  parts: Parts,
  ground: { subscriptions: Subscriptions; jobs: JobWorker },
): void {
  ground.subscriptions.add({ name: 'automation', types: '*', handle: (event) => service.handle(event) });
  ground.jobs.handle<{ firing: number }>(ACT_JOB, async ({ job }) => {
    await act(parts, job.payload.firing, job.attempts >= ACT_ATTEMPTS);
  });
  ground.jobs.handle<{ project: string; name: string; due: number }>(DUE_JOB, async ({ job }) => ({
    write: (tx) => comeDue(parts, tx, job.payload),
  }));
}
