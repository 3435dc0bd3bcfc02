import { afterAll, beforeAll } from 'vitest';
import { ANONYMOUS } from '../../src/domains/identity/schema.ts';
import { readSpans } from '../../src/domains/tracking/otlp/read.ts';
import { TraceInfoInput } from '../../src/domains/tracking/schema/traces.ts';
import type { Engine } from './database.ts';
import { bytes, otlp, type Sent } from './otlp.ts';
import { testTracking, type TestTracking } from './tracking.ts';

let count = 0;
/** Another id with each call. */
export const hex = (length: number) => (++count).toString(16).padStart(length * 2, '0');

/** A tracking room on one engine, for the tests of the suite that calls it: an experiment for traces, and another project. */
export function traceRoom(engine: Engine) {
  const room = {} as TestTracking & { experiment: string };

  beforeAll(async () => {
    Object.assign(room, await testTracking(engine));
    room.experiment = await room.tracking.createExperiment(ANONYMOUS, 'default', { name: 'traced' });
  });
  afterAll(() => room.end());

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
