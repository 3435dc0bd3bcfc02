import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { type Analytics, createAnalytics } from '../analytics/index.ts';
import { type BlobStore, openBlobs } from '../artifacts/index.ts';
import { type Database, inlineReads, type LongReads, openDatabase, threadReads } from '../database/index.ts';
import { createEvents, createSignals, type Events, type Signals, Subscriptions } from '../events/index.ts';
import { JobWorker } from '../jobs/index.ts';
import type { Config } from './config.ts';
import { LONG_READS } from './long-reads.ts';

/** What every room stands on. */
export interface Ground {
  config: Config;
  database: Database;
  /** Reads of `LONG_READS`, off the event loop on SQLite. */
  reads: LongReads;
  blobs: BlobStore;
  analytics: Analytics;
  events: Events;
  signals: Signals;
  subscriptions: Subscriptions;
  jobs: JobWorker;
  /** Path of a bundled entry point: `analytics`, `step`, `gateway-parent` … */
  entry(name: string): string;
  report(line: Record<string, unknown>): void;
}

export type Report = (line: Record<string, unknown>) => void;

/** Bundled entries lie beside this file; from source (tests) in `dist/`. */
function entryPath(name: string): string {
  const here = fileURLToPath(import.meta.url);
  const folder = here.includes('/dist/')
    ? new URL(here.includes('/chunks/') ? '..' : '.', import.meta.url)
    : new URL('../../dist/', import.meta.url);
  return fileURLToPath(new URL(`${name}.js`, folder));
}

export async function openGround(config: Config, report: Report): Promise<Ground> {
  const file = join(config.data, 'rondo.db');
  const database = await openDatabase({ file, url: config.databaseUrl });
  const reads = config.databaseUrl
    ? inlineReads(database, LONG_READS)
    : threadReads(file, entryPath('reader-thread'));
  const blobs = await openBlobs({ folder: join(config.data, 'artifacts'), url: config.artifactsUrl });
  const events = await createEvents(database);
  return {
    config,
    database,
    reads,
    blobs,
    events,
    signals: createSignals(database),
    subscriptions: new Subscriptions(database, events),
    jobs: new JobWorker(database, (job, error) =>
      report({ level: 'warn', job: job.kind, id: job.id, attempt: job.attempts, error: String(error) }),
    ),
    analytics: createAnalytics({
      folder: join(config.data, 'analytics'),
      entry: entryPath('analytics'),
      blobs,
    }),
    entry: entryPath,
    report,
  };
}

export async function closeGround(ground: Ground): Promise<void> {
  await ground.subscriptions.stop();
  await ground.jobs.stop();
  await ground.analytics.close();
  await ground.reads.close();
  await ground.database.close();
}
