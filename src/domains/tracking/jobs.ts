import type { JobWorker } from '../../jobs/index.ts';
import type { TrackingService } from './service.ts';
import { PURGE_JOB } from './service/trash.ts';
import { ADOPT_JOB } from './service/uploads.ts';

export function startTracking(tracking: TrackingService, ground: { jobs: JobWorker }): void {
  ground.jobs.handle(PURGE_JOB, ({ signal }) => tracking.clearPurged(signal), { concurrency: 1 });
  ground.jobs.handle<{ id: string }>(ADOPT_JOB, ({ job }) => tracking.adoptUpload(job.payload.id), {
    concurrency: 2,
  });
}
