import { type FileBody, JsonBytes } from '../../../lib/contract/index.ts';
import { hasMore } from '../store/runs.ts';
import type { Tx } from '../../../database/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { proxiedPath, under } from '../artifact-path.ts';
import { absent, badParameter } from '../errors.ts';
import { checkTag, checkText, LIMITS } from '../limits.ts';
import type { SearchText } from '../search-text.ts';
import { type Assessment, TRACE_KEYS, type TraceInfo, type TraceInfoInput } from '../schema/traces.ts';
import { storable } from '../../../lib/storable.ts';
import { searchTraces, traceParts, type TraceSearch, tracesText } from '../trace-reads.ts';
import type { ExperimentRow } from '../store/experiments.ts';
import { traceStore, type TraceRow, type TraceValues } from '../store/traces.ts';
import { spanFileText } from '../wire/spans.ts';
import { msOfDuration, msOfTimestamp, toTraceInfo } from '../wire/traces.ts';
import type { TrackingContext } from './context.ts';
import { assertActive } from './experiments.ts';

/** Longest trace id and previews, in characters. */
const LONGEST_ID = 250;
const LONGEST_PREVIEW = 10_000;
const MOST_LINKS = 100;
/** Traces that one transaction removes: others write in between. */
const REMOVED_AT_ONCE = 500;
/** A client asks for a trace as soon as it has sent it, and spans come by another way. */
const PATIENCE_MS = 3000;
const LOOK_MS = 100;
/** Up to here a search takes about a millisecond, less than it is worth to start a thread for. */
const INLINE_TRACES = 300;
const LOCKED_TAGS: readonly string[] = [
  TRACE_KEYS.spansLocation,
  TRACE_KEYS.archiveLocation,
  TRACE_KEYS.archivalFailure,
];

export interface TraceDeletion {
  experiment_id: string;
  max_timestamp_millis?: number | undefined;
  max_traces?: number | undefined;
  request_ids: readonly string[];
}

export function traceVerbs(
  context: TrackingContext,
  others: {
    putAssessment(tx: Tx, row: TraceRow, given: Assessment): Promise<unknown>;
    openArtifact(project: string, proxied: string): Promise<FileBody>;
    removeFiles(tx: Tx, project: string, proxied: string): Promise<void>;
  },
) {
  const { database } = context;
  const traces = traceStore(database.capabilities.engine);

  const find = (project: string, traceId: string) => findTrace(context, project, traceId);

  async function infoOf(row: TraceRow): Promise<TraceInfo> {
    const parts = await traceParts(database, [row]);
    return toTraceInfo(row, parts(row));
  }

  return {
    /**
     * Keeps what a client says of a whole trace, which it does at the trace's end. Of a trace that is there already, because its spans
     * came first, what is said now counts. Throws for an experiment that is not active.
     */
    async startTrace(_actor: Actor, project: string, given: TraceInfoInput): Promise<TraceInfo> {
      checkTraceId(given.trace_id);
      const experiment = await experimentOf(context, project, given);
      const known = {
        experiment: experiment.id,
        state: given.state ?? 'STATE_UNSPECIFIED',
        start_ms: given.request_time === undefined ? 0 : msOfTimestamp(given.request_time),
        duration_ms: given.execution_duration === undefined ? null : msOfDuration(given.execution_duration),
        client_request_id: textOrNull(given.client_request_id, LONGEST_ID),
        finalized: 1,
        ...preview('request_preview', given.request_preview),
        ...preview('response_preview', given.response_preview),
      } satisfies Partial<TraceValues>;
      return database.write(async (tx) => {
        const { row, made } = await takeTrace(tx, traces, experiment, project, given.trace_id, known);
        if (!made) await traces.update(tx, row.id, known);
        const tags = {
          ...given.tags,
          [TRACE_KEYS.artifactLocation]: artifactsOf(experiment, given.trace_id),
        };
        await putTracePairs(traces, tx, row, tags, given.trace_metadata ?? {});
        for (const assessment of given.assessments ?? []) await others.putAssessment(tx, row, assessment);
        const now = { ...row, ...known };
        const parts = await traceParts({ ...database, read: tx }, [now]);
        return toTraceInfo(now, parts(now));
      });
    },

    async getTraceInfo(project: string, traceId: string): Promise<TraceInfo> {
      return infoOf(await find(project, traceId));
    },

    /**
     * A trace with its spans. A trace whose client counted more spans than are here is waited for some seconds, then there is no such
     * trace, unless `allowPartial`.
     */
    async getTrace(project: string, traceId: string, allowPartial: boolean): Promise<JsonBytes> {
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const row = await traces.find(database.read, project, traceId);
        if (!row) throw absent(`Trace with ID ${traceId.slice(0, LONGEST_ID)} is not found.`);
        const found = await tracesText(database, [row], allowPartial);
        const [text] = found;
        if (text !== undefined) return JsonBytes.of(`{"trace":${text}}`);
        if (Date.now() >= until || row.spans === 0) break;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      throw absent(`Trace with ID ${traceId} is not fully exported yet, please try again later.`);
    },

    /** Those of the traces that are whole, with their spans. */
    batchGetTraces: (project: string, traceIds: readonly string[], experimentIds?: readonly string[]) =>
      context.reads.run('tracking.traces', { project, traceIds, experimentIds }),

    batchGetTraceInfos: (project: string, traceIds: readonly string[], experimentIds?: readonly string[]) =>
      context.reads.run('tracking.traceInfos', { project, traceIds, experimentIds }),

    async searchTraces(
      project: string,
      options: SearchText & { experimentIds: readonly string[] },
    ): Promise<JsonBytes> {
      const { filter, orderBy, limit, token } = options;
      const experiments = await context.experimentNumbers(project, options.experimentIds);
      const search: TraceSearch = { project, experiments, filter, orderBy, limit, token };
      const asked = /span|text/i.test(filter ?? '') ? 0 : INLINE_TRACES;
      if (await hasMore(database.read, 'traces', experiments, asked))
        return context.reads.run('tracking.searchTraces', search);
      return JsonBytes.of(JSON.stringify(await searchTraces(database, search)));
    },

    /** Removes traces by id, or all that began until a time, the oldest first. Answers how many. */
    async deleteTraces(_actor: Actor, project: string, given: TraceDeletion): Promise<number> {
      const { max_timestamp_millis: until, max_traces: most, request_ids: ids } = given;
      if (until === undefined && ids.length === 0)
        throw badParameter('Either `max_timestamp_millis` or `trace_ids` must be specified.');
      if (until !== undefined && ids.length > 0)
        throw badParameter('Only one of `max_timestamp_millis` and `trace_ids` can be specified.');
      if (ids.length > 0 && most !== undefined)
        throw badParameter("`max_traces` can't be specified if `trace_ids` is specified.");
      if (most !== undefined && most <= 0)
        throw badParameter(`\`max_traces\` must be a positive integer, received ${most}.`);
      const experiment = await context.experimentNumber(project, given.experiment_id);
      const which = until === undefined ? { traceIds: ids } : { until };
      let removed = 0;
      for (;;) {
        const limit = Math.min(REMOVED_AT_ONCE, (most ?? Number.MAX_SAFE_INTEGER) - removed);
        if (limit === 0) return removed;
        const gone = await database.write(async (tx) => {
          const found = await traces.remove(tx, { project, experiment }, which, limit);
          const row = await context.experiment(tx, project, String(experiment)).catch(() => undefined);
          for (const traceId of row ? found : []) {
            const proxied = proxiedPath(artifactsOf(row as ExperimentRow, traceId));
            if (proxied !== undefined) await others.removeFiles(tx, project, proxied);
          }
          return found.length;
        });
        removed += gone;
        if (gone < limit) return removed;
      }
    },

    async setTraceTag(_actor: Actor, project: string, traceId: string, key: string, value: string) {
      checkUnlocked(key, 'set');
      const short = value.slice(0, LIMITS.tagValue);
      checkTag({ key, value: short }, '');
      await database.write(async (tx) => {
        const row = await findTrace(context, project, traceId, tx);
        await traces.put(tx, 'trace_tags', row.id, [[key, storable(short)]]);
      });
    },

    async deleteTraceTag(_actor: Actor, project: string, traceId: string, key: string): Promise<void> {
      checkUnlocked(key, 'deleted');
      await database.write(async (tx) => {
        const row = await traces.find(tx, project, traceId);
        if (row && (await traces.removeTag(tx, row.id, key))) return;
        throw absent(`No trace tag with key '${key}' for trace with ID '${traceId}'`);
      });
    },

    /** Links traces to a run of the project; ids of traces that are not there are passed over. */
    async linkTracesToRun(_actor: Actor, project: string, traceIds: readonly string[], runId: string) {
      if (traceIds.length > MOST_LINKS) {
        throw badParameter(
          `Cannot link more than ${MOST_LINKS} traces to a run in a single request. Provided ${traceIds.length} traces.`,
        );
      }
      await database.write(async (tx) => {
        const run = await context.run(tx, project, runId);
        const rows = await traces.findMany(tx, project, traceIds);
        await traces.link(
          tx,
          'run',
          rows.map((row) => ({ trace: row.id, target: run.run_id })),
        );
      });
    },

    async linkPromptsToTrace(
      _actor: Actor,
      project: string,
      traceId: string,
      prompts: readonly { name: string; version: string }[],
    ): Promise<void> {
      const targets = prompts.map(({ name, version }) => `${name}/${version}`);
      if (targets.length > MOST_LINKS || targets.some((target) => target.length > 500))
        throw badParameter(`At most ${MOST_LINKS} prompts of at most 500 characters can be linked at once.`);
      await database.write(async (tx) => {
        const row = await findTrace(context, project, traceId, tx);
        await traces.link(
          tx,
          'prompt',
          targets.map((target) => ({ trace: row.id, target: storable(target) })),
        );
      });
    },

    /** The spans as MLflow's page and older clients read them, or the file that such a client wrote itself. */
    async openTraceFile(project: string, traceId: string, path: string | undefined): Promise<FileBody> {
      const row = await traces.find(database.read, project, traceId);
      if (!row) throw absent(`Trace with ID ${traceId.slice(0, LONGEST_ID)} is not found.`);
      if (row.spans > 0 && path === undefined) {
        const spans = (await traces.spans(database.read, [row.id])).get(row.id) ?? [];
        const body = `{"spans":[${spans.map((span) => spanFileText(traceId, span)).join(',')}]}`;
        return { body, type: 'application/octet-stream', name: 'traces.json' };
      }
      const { tags } = await traces.details(database.read, [row.id]);
      const proxied = proxiedPath(tags.get(row.id)?.get(TRACE_KEYS.artifactLocation) ?? '');
      const file = path === undefined ? 'traces.json' : `attachments/${path}`;
      if (proxied === undefined) throw absent(`Trace data not found for path=${path ?? file}`);
      return others.openArtifact(project, `${proxied}/${file}`).catch(() => {
        throw absent(`Trace data not found for path=${path ?? file}`);
      });
    },
  };
}

/** Throws for a trace that the project does not have. */
export async function findTrace(
  context: TrackingContext,
  project: string,
  traceId: string,
  reader = context.database.read,
): Promise<TraceRow> {
  const traces = traceStore(context.database.capabilities.engine);
  const row = await traces.find(reader, project, traceId);
  if (row) return row;
  throw absent(`Trace with ID '${traceId.slice(0, LONGEST_ID)}' not found.`);
}

/** The row of a trace, held for this write; made with `known` if there is none. */
export async function takeTrace(
  tx: Tx,
  traces: ReturnType<typeof traceStore>,
  experiment: ExperimentRow,
  project: string,
  traceId: string,
  known: Partial<TraceValues>,
): Promise<{ row: TraceRow; made: boolean }> {
  return traces.take(tx, {
    trace_id: traceId,
    project,
    experiment: experiment.id,
    state: 'IN_PROGRESS',
    start_ms: 0,
    duration_ms: null,
    client_request_id: null,
    request_preview: null,
    response_preview: null,
    finalized: 0,
    spans: 0,
    ...known,
  });
}

/** What is kept of tags and metadata: no key is longer than a key may be, and a run that is named is linked. */
export async function putTracePairs(
  traces: ReturnType<typeof traceStore>,
  tx: Tx,
  row: TraceRow,
  tags: Readonly<Record<string, string>>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const { [TRACE_KEYS.finalized]: _, ...kept } = metadata;
  const free = Object.entries(tags).filter(([key]) => !LOCKED_TAGS.includes(key));
  await traces.put(tx, 'trace_tags', row.id, cut(free));
  await traces.put(tx, 'trace_metadata', row.id, cut(Object.entries(kept)));
  const run = metadata[TRACE_KEYS.sourceRun];
  if (run && run.length <= LONGEST_ID) await traces.link(tx, 'run', [{ trace: row.id, target: run }]);
}

/** Where files of a trace go that its client writes itself. */
export const artifactsOf = (experiment: ExperimentRow, traceId: string): string =>
  under(experiment.artifact_location, 'traces', traceId, 'artifacts');

async function experimentOf(
  context: TrackingContext,
  project: string,
  given: TraceInfoInput,
): Promise<ExperimentRow> {
  const { type, mlflow_experiment: at } = given.trace_location;
  if (!at || type !== 'MLFLOW_EXPERIMENT')
    throw badParameter(
      'A trace belongs to an experiment: trace_location must be of type MLFLOW_EXPERIMENT and name one.',
    );
  const experiment = await context.experiment(context.database.read, project, at.experiment_id);
  assertActive(experiment);
  return experiment;
}

/** An id is part of addresses and of places of files. */
function checkTraceId(traceId: string): void {
  checkText('trace_id', traceId);
  if (traceId.length > LONGEST_ID || traceId !== storable(traceId) || /[/\\]|^\.\.?$/.test(traceId))
    throw badParameter(
      `Invalid value for parameter 'trace_id' supplied: at most ${LONGEST_ID} characters, no slashes.`,
    );
}

function checkUnlocked(key: string, done: 'set' | 'deleted'): void {
  if (!LOCKED_TAGS.includes(key) || (done === 'deleted' && key === TRACE_KEYS.archivalFailure)) return;
  throw badParameter(`Tag '${key}' is immutable and cannot be ${done} on a trace.`);
}

const textOrNull = (text: string | undefined, longest: number) =>
  text === undefined ? null : storable(text.slice(0, longest));

/** A preview that is not given leaves the one that is there. */
function preview(
  name: 'request_preview' | 'response_preview',
  text: string | undefined,
): Partial<TraceValues> {
  return text === undefined ? {} : { [name]: textOrNull(text, LONGEST_PREVIEW) };
}

const cut = (entries: readonly (readonly [string, string])[]): [string, string][] =>
  entries.map(([key, value]) => [
    storable(key.slice(0, LIMITS.key)),
    storable(value.slice(0, LIMITS.tagValue)),
  ]);
