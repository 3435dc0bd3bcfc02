import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { type Analytics, createAnalytics } from '../analytics/index.ts';
import { type BlobStore, openBlobs } from '../artifacts/index.ts';
import { type Database, openDatabase } from '../database/index.ts';
import { createEvents, createSignals, type Events, type Signals, Subscriptions } from '../events/index.ts';
import { JobWorker } from '../jobs/index.ts';
import type { Config } from './config.ts';

/** What every room stands on. */
export interface Ground {
  config: Config;
  database: Database;
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
  const database = await openDatabase({ file: join(config.data, 'rondo.db'), url: config.databaseUrl });
  const blobs = await openBlobs({ folder: join(config.data, 'artifacts'), url: config.artifactsUrl });
  const events = await createEvents(database);
  return {
    config,
    database,
    blobs,
    events,
    signals: createSignals(),
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
  await ground.database.close();
}
