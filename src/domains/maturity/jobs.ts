import type { Database } from '../../database/index.ts';
import type { Subscriptions } from '../../events/index.ts';
import { enqueue, type JobWorker } from '../../jobs/index.ts';
import type { MaturityService } from './service.ts';

const ASSESS_JOB = 'maturity.assess';
/** One computation per project and span, after it: whatever happened in it is seen. */
const SPAN_MS = 5000;

/** Events after which a level may differ. */
const RELEVANT = [
  'project.changed',
  'approval.decided',
  'dataset.checked',
  'feature.view.materialised',
  'run.ended',
  'model.version.created',
  'evaluation.finished',
  'pipeline.run.ended',
  'traffic.changed',
  'window.closed',
  'alert.opened',
  'alert.resolved',
  'rollout.decided',
  'promotion.done',
  'promotion.refused',
  'ci.reported',
  'firing.ended',
];

/** Recomputes a project's level after events that bear on it, so that its history has the day it changed. */
export function startMaturity(
  service: MaturityService,
  ground: { database: Database; subscriptions: Subscriptions; jobs: JobWorker },
): void {
  ground.subscriptions.add({
    name: 'maturity',
    types: RELEVANT,
    async handle({ project }) {
      if (project === null) return;
      const runAt = (Math.floor(Date.now() / SPAN_MS) + 1) * SPAN_MS;
      await ground.database.write((tx) =>
        enqueue(tx, {
          kind: ASSESS_JOB,
          payload: { project },
          project,
          singletonKey: `${ASSESS_JOB}:${project}@${runAt}`,
          concurrencyKey: `${ASSESS_JOB}:${project}`,
          runAt,
        }),
      );
    },
  });
  ground.jobs.handle<{ project: string }>(ASSESS_JOB, async ({ job }) => {
    await service.assess(job.payload.project);
  });
}
