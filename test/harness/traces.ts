import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openBlobs } from '../../src/artifacts/index.ts';
import { createEvents, createSignals } from '../../src/events/index.ts';
import { ANONYMOUS } from '../../src/domains/identity/schema.ts';
import { createLineage } from '../../src/domains/lineage/service.ts';
import { ProjectFile } from '../../src/domains/projects/schema.ts';
import { createProjects } from '../../src/domains/projects/service.ts';
import { readSpans } from '../../src/domains/tracking/otlp/read.ts';
import { TraceInfoInput } from '../../src/domains/tracking/schema/traces.ts';
import { createTracking, type TrackingService } from '../../src/domains/tracking/service.ts';
import type { ENGINES } from './database.ts';
import { testDatabase, type TestDatabase } from './database.ts';
import { bytes, otlp, type Sent } from './otlp.ts';

let count = 0;
/** Another id with each call. */
export const hex = (length: number) => (++count).toString(16).padStart(length * 2, '0');

/** A tracking room on one engine, for the tests of the suite that calls it: an experiment for traces, and another project. */
export function traceRoom(engine: (typeof ENGINES)[number]) {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-traces-'));
  const room = {} as { test: TestDatabase; tracking: TrackingService; experiment: string };

  beforeAll(async () => {
    room.test = await testDatabase(engine);
    const { database } = room.test;
    const events = await createEvents(database);
    const projects = createProjects(database, events);
    await projects.apply(ANONYMOUS, ProjectFile.parse({ project: 'other' }));
    room.tracking = createTracking({
      database,
      events,
      signals: createSignals(),
      blobs: await openBlobs({ folder }),
      lineage: createLineage(database),
      projects,
    });
    room.experiment = await room.tracking.createExperiment(ANONYMOUS, 'default', { name: 'traced' });
  });
  afterAll(async () => {
    await room.test.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = async (spans: Sent[], resource: Record<string, unknown> = {}, run?: string) => {
    const body = Buffer.from(JSON.stringify(otlp(spans, resource)));
    const read = await readSpans(bytes(body), 'application/json', undefined);
    await room.tracking.recordSpans(ANONYMOUS, 'default', room.experiment, read, run);
  };
  const start = (given: Record<string, unknown>, project = 'default') =>
    room.tracking.startTrace(
      ANONYMOUS,
      project,
      TraceInfoInput.parse({
        trace_location: {
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: project === 'default' ? room.experiment : '0' },
        },
        request_time: '2026-01-02T03:04:05.678Z',
        execution_duration: '1.5s',
        state: 'OK',
        ...given,
      }),
    );
  const parsed = (answer: { bytes: Buffer }) => JSON.parse(answer.bytes.toString()); // oxlint-disable-line typescript/no-explicit-any
  const search = async (filter = '', more: Record<string, unknown> = {}) =>
    parsed(
      await room.tracking.searchTraces('default', { experimentIds: [room.experiment], filter, ...more }),
    );
  const found = async (filter: string, more: Record<string, unknown> = {}): Promise<string[]> =>
    ((await search(filter, more)).traces ?? []).map((trace: { trace_id: string }) => trace.trace_id);
  return { room, send, start, parsed, search, found };
}

/** An assessment of which nothing is said. */
export const EMPTY = {
  assessment_id: undefined,
  assessment_name: undefined as string | undefined,
  trace_id: undefined,
  span_id: undefined,
  source: undefined,
  create_time: undefined,
  last_update_time: undefined,
  feedback: undefined as { value: string | number | boolean; error: undefined } | undefined,
  expectation: undefined,
  issue: undefined,
  rationale: undefined as string | undefined,
  metadata: undefined as Record<string, string> | undefined,
  overrides: undefined as string | undefined,
  valid: undefined,
};
