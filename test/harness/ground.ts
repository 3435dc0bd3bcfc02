import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Analytics, createAnalytics } from '../../src/analytics/index.ts';
import { type BlobStore, openBlobs } from '../../src/artifacts/index.ts';
import type { Database } from '../../src/database/index.ts';
import { createEvents, createSignals, type Events, type Signals } from '../../src/events/index.ts';
import { JobWorker } from '../../src/jobs/index.ts';
import { type Engine, testDatabase } from './database.ts';

export interface TestGround {
  folder: string;
  database: Database;
  blobs: BlobStore;
  analytics: Analytics;
  events: Events;
  signals: Signals;
  /** Runs after `jobs.start()`, once the rooms have registered their handlers. */
  jobs: JobWorker;
  /** What failed jobs threw. */
  failures: unknown[];
  end(): Promise<void>;
}

/** What a room stands on, without a server; `npm run build` has made the analytics process. */
export async function testGround(engine: Engine): Promise<TestGround> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-ground-'));
  const { database, end } = await testDatabase(engine);
  const blobs = await openBlobs({ folder: join(folder, 'artifacts') });
  const entry = fileURLToPath(new URL('../../dist/analytics.js', import.meta.url));
  const analytics = createAnalytics({ folder: join(folder, 'analytics'), entry, blobs });
  const failures: unknown[] = [];
  const jobs = new JobWorker(database, (_job, error) => failures.push(error));
  return {
    folder,
    database,
    blobs,
    analytics,
    events: await createEvents(database),
    signals: createSignals(),
    jobs,
    failures,
    async end() {
      await jobs.stop();
      await analytics.close();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
