import type { JobWorker } from '../../jobs/index.ts';
import { repeat } from '../../lib/repeat.ts';
import type { TrackingService } from './service.ts';
import { PURGE_JOB } from './service/trash.ts';
import { ADOPT_JOB } from './service/uploads.ts';

const KEEP_MS = 2000;

export function startTracking(
  tracking: TrackingService,
  ground: { jobs: JobWorker; report(line: Record<string, unknown>): void },
): { stop(): Promise<void> } {
  ground.jobs.handle(PURGE_JOB, ({ signal }) => tracking.clearPurged(signal), { concurrency: 1 });
  ground.jobs.handle<{ id: string }>(ADOPT_JOB, ({ job }) => tracking.adoptUpload(job.payload.id), {
    concurrency: 2,
  });

  return repeat(KEEP_MS, tracking.keepTexts, (error) => {
    ground.report({ level: 'warn', texts: String(error) });
  });
}
