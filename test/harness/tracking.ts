import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobs } from '../../src/artifacts/index.ts';
import { createEvents, createSignals } from '../../src/events/index.ts';
import { systemActor } from '../../src/domains/identity/schema.ts';
import { createLineage } from '../../src/domains/lineage/service.ts';
import { ProjectFile } from '../../src/domains/projects/schema.ts';
import { createProjects } from '../../src/domains/projects/service.ts';
import { createTracking, type TrackingService } from '../../src/domains/tracking/service.ts';
import { type Engine, testDatabase } from './database.ts';

export interface TestTracking {
  ground: Awaited<ReturnType<typeof groundOf>>;
  tracking: TrackingService;
  end(): Promise<void>;
}

/** Tracking and what it stands on, without a server; there is a second project, `other`. */
export async function testTracking(engine: Engine): Promise<TestTracking> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-tracking-'));
  const { database, end } = await testDatabase(engine);
  const ground = await groundOf(database, folder);
  await ground.projects.apply(systemActor('test'), ProjectFile.parse({ project: 'other' }));
  return {
    ground,
    tracking: createTracking(ground),
    async end() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function groundOf(database: Awaited<ReturnType<typeof testDatabase>>['database'], folder: string) {
  const events = await createEvents(database);
  return {
    database,
    events,
    signals: createSignals(),
    blobs: await openBlobs({ folder }),
    lineage: createLineage(database),
    projects: createProjects(database, events),
  };
}
