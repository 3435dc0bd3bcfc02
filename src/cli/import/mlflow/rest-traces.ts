import type { Assessment } from '../../../domains/tracking/schema/traces.ts';
import { AppError } from '../../../lib/errors.ts';
import type { Files, Lost, SourceSpan, SourceTrace } from '../source.ts';
import type { Unread } from '../unread.ts';
import { type Connection, isAbsent, listOf, type Loose, pairsIn } from './connection.ts';
import { attachmentsOf, SPANS_FILE, spansOfFile } from './spans.ts';
import { number, numberOrNull, seconds, text, timestamp, traceState } from './words.ts';

const FILE = '/ajax-api/2.0/mlflow/get-trace-artifact';
const ATTACHMENT = '/ajax-api/3.0/mlflow/get-trace-artifact';

/** Traces of one experiment, from a server of MLflow 3 or 2. */
export async function* tracesOf(server: Connection, unread: Unread, id: string): AsyncGenerator<SourceTrace> {
  const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: id } }];
  const three = server.posted('/api/3.0/mlflow/traces/search', { locations, max_results: 100 }, 'traces');
  const two = server.listed('/api/2.0/mlflow/traces', { experiment_ids: id, max_results: 100 }, 'traces');
  try {
    for await (const about of three) yield* read(text(about.trace_id), infoOf(about));
  } catch (error) {
    if (!isAbsent(error)) throw error;
    try {
      for await (const about of two) yield* read(text(about.request_id), infoOfTwo(about));
    } catch (older) {
      if (!isAbsent(older)) throw older;
    }
  }

  async function* read(trace_id: string, info: SourceTrace['info']): AsyncGenerator<SourceTrace> {
    const trace = await unread.read('traces', trace_id, () => withSpans(server, trace_id, info));
    if (trace) yield trace;
  }
}

async function withSpans(
  server: Connection,
  trace_id: string,
  info: SourceTrace['info'],
): Promise<SourceTrace> {
  const lost: Lost[] = [];
  let spans: SourceSpan[] = [];
  try {
    spans = spansOfFile(await server.text(FILE, { request_id: trace_id }));
  } catch (error) {
    if (!(error instanceof AppError) || error.status > 500) throw error;
    lost.push({ kind: 'spans', id: trace_id, why: error.message });
  }
  return { trace_id, info, spans, files: filesOf(server, trace_id, info, spans), lost };
}

/** The server lists no files of a trace: they are those that its spans name, and the spans themselves where they are kept as a file. */
function filesOf(
  server: Connection,
  request_id: string,
  { tags }: SourceTrace['info'],
  spans: readonly SourceSpan[],
): Files {
  return {
    async *list() {
      if (spans.length > 0 && tags['mlflow.trace.spansLocation'] !== 'TRACKING_STORE')
        yield { path: SPANS_FILE, size: undefined, open: () => server.bytes(FILE, { request_id }) };
      for (const path of attachmentsOf(spans))
        yield {
          path: `attachments/${path}`,
          size: undefined,
          open: () => server.bytes(ATTACHMENT, { request_id, path }),
        };
    },
  };
}

const infoOf = (trace: Loose): SourceTrace['info'] => ({
  client_request_id: trace.client_request_id ? text(trace.client_request_id) : undefined,
  request_preview: trace.request_preview ? text(trace.request_preview) : undefined,
  response_preview: trace.response_preview ? text(trace.response_preview) : undefined,
  request_time: text(trace.request_time),
  execution_duration: trace.execution_duration ? text(trace.execution_duration) : undefined,
  state: traceState(trace.state),
  trace_metadata: (trace.trace_metadata ?? {}) as Record<string, string>,
  tags: (trace.tags ?? {}) as Record<string, string>,
  assessments: listOf(trace.assessments) as Assessment[],
});

function infoOfTwo(trace: Loose): SourceTrace['info'] {
  const took = numberOrNull(trace.execution_time_ms);
  const record = (pairs: unknown) => Object.fromEntries(pairsIn(pairs).map(({ key, value }) => [key, value]));
  return {
    request_time: timestamp(number(trace.timestamp_ms)),
    execution_duration: took === null ? undefined : seconds(took),
    state: traceState(trace.status),
    trace_metadata: record(trace.request_metadata),
    tags: record(trace.tags),
    assessments: [],
  };
}
