import type { JsonBytes } from '../../../lib/contract/index.ts';
import { newRunId } from '../../../lib/ids.ts';
import type { Actor } from '../../identity/schema.ts';
import { badParameter, exists } from '../errors.ts';
import type { SearchText } from '../search-text.ts';
import { type StatusV2, TRACE_KEYS, type TraceInfoV2, type TraceState } from '../schema/traces.ts';
import { type TraceRow, traceStore } from '../store/traces.ts';
import { traceParts } from '../trace-reads.ts';
import { toTraceInfoV2 } from '../wire/traces.ts';
import type { TrackingContext } from './context.ts';
import { assertActive } from './experiments.ts';
import { artifactsOf, findTrace, putTracePairs, takeTrace } from './traces.ts';

export interface TraceStartV2 {
  /** `tr-` and 32 hexadecimal digits; chosen when left out. */
  id?: string | undefined;
  experiment_id: string;
  timestamp_ms?: number | undefined;
  request_metadata: readonly { key: string; value: string }[];
  tags: readonly { key: string; value: string }[];
}

/** Traces as clients before 3.0 begin, end and read them. */
export function traceV2Verbs(context: TrackingContext) {
  const { database } = context;
  const traces = traceStore(database.capabilities.engine);

  async function infoOf(row: TraceRow): Promise<TraceInfoV2> {
    const parts = await traceParts(database, [row]);
    return toTraceInfoV2(row, parts(row));
  }

  return {
    /** A trace of API 2.0 begins; its id is chosen here unless it is given. */
    async startTraceV2(_actor: Actor, project: string, given: TraceStartV2): Promise<TraceInfoV2> {
      checkTime(given.timestamp_ms);
      const experiment = await context.experiment(database.read, project, given.experiment_id);
      assertActive(experiment);
      const traceId = given.id ?? `tr-${newRunId()}`;
      if (!/^tr-[0-9a-f]{32}$/.test(traceId))
        throw badParameter(`Not the id of a trace: '${traceId.slice(0, 100)}'.`);
      const row = await database.write(async (tx) => {
        const known = { state: 'IN_PROGRESS' as const, start_ms: given.timestamp_ms ?? 0 };
        const { row: made, made: isNew } = await takeTrace(tx, traces, experiment, project, traceId, known);
        if (!isNew) throw exists(`Trace with ID '${traceId}' already exists.`);
        const tags = {
          ...recordOf(given.tags),
          [TRACE_KEYS.artifactLocation]: artifactsOf(experiment, traceId),
        };
        await putTracePairs(traces, tx, made, tags, recordOf(given.request_metadata));
        return made;
      });
      return infoOf(row);
    },

    async endTraceV2(
      _actor: Actor,
      project: string,
      traceId: string,
      given: Omit<TraceStartV2, 'experiment_id'> & { status?: StatusV2 | undefined },
    ): Promise<TraceInfoV2> {
      checkTime(given.timestamp_ms);
      await database.write(async (tx) => {
        const row = await findTrace(context, project, traceId, tx);
        const state: TraceState =
          given.status === undefined || given.status === 'TRACE_STATUS_UNSPECIFIED'
            ? 'STATE_UNSPECIFIED'
            : given.status;
        await traces.update(tx, row.id, { state, duration_ms: (given.timestamp_ms ?? 0) - row.start_ms });
        await putTracePairs(traces, tx, row, recordOf(given.tags), recordOf(given.request_metadata));
      });
      return infoOf(await findTrace(context, project, traceId));
    },

    async getTraceInfoV2(project: string, traceId: string): Promise<TraceInfoV2> {
      return infoOf(await findTrace(context, project, traceId));
    },

    async searchTracesV2(
      project: string,
      options: SearchText & { experimentIds: readonly string[] },
    ): Promise<JsonBytes> {
      const { filter, orderBy, limit, token } = options;
      const experiments = await context.experimentNumbers(project, options.experimentIds);
      return context.reads.run('tracking.searchTracesV2', {
        project,
        experiments,
        filter,
        orderBy,
        limit,
        token,
      });
    },
  };
}

/** The last millisecond that a calendar has. */
const LATEST = 8.64e15;

function checkTime(timestamp: number | undefined): void {
  if (timestamp !== undefined && Math.abs(timestamp) > LATEST)
    throw badParameter(`Invalid value ${timestamp} for parameter 'timestamp_ms' supplied: it is no date.`);
}

const recordOf = (pairs: readonly { key: string; value: string }[]): Record<string, string> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
