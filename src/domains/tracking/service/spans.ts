import type { Actor } from '../../identity/schema.ts';
import type { Tx } from '../../../database/index.ts';
import { checkTag, LIMITS } from '../limits.ts';
import { OtlpRefusal, readSpans, type SentSpan } from '../otlp/read.ts';
import { storable } from '../../../lib/storable.ts';
import { SPAN_KEYS, TRACE_KEYS } from '../schema/traces.ts';
import type { ExperimentRow } from '../store/experiments.ts';
import type { SpanRow } from '../store/tables.ts';
import { type TraceRow, traceStore, type TraceValues } from '../store/traces.ts';
import { previewOf } from '../trace-preview.ts';
import { costOf, spanCost, spanTokens, tokensOf } from '../trace-sums.ts';
import type { TrackingContext } from './context.ts';
import { assertActive } from './experiments.ts';
import { artifactsOf, takeTrace } from './traces.ts';

export interface SpanExport {
  stream: AsyncIterable<Uint8Array>;
  /** `content-type` and `content-encoding` of the request. */
  type: string | undefined;
  encoding: string | undefined;
  experiment: string;
  /** A run that the traces are of. */
  run: string | undefined;
}

/** Of what is in an index, in characters; an attribute keeps all of it. */
const LONGEST = { name: 500, type: 100 };
const SESSION = [SPAN_KEYS.session, SPAN_KEYS.conversation];

export function spanVerbs(context: TrackingContext) {
  const { database } = context;
  const traces = traceStore(database.capabilities.engine);

  return {
    /** Reads and keeps an OTLP request. Answers why it is refused, if it is. */
    async exportSpans(actor: Actor, project: string, sent: SpanExport): Promise<OtlpRefusal | undefined> {
      let spans: SentSpan[];
      try {
        spans = await readSpans(sent.stream, sent.type, sent.encoding);
      } catch (error) {
        if (error instanceof OtlpRefusal) return error;
        throw error;
      }
      await this.recordSpans(actor, project, sent.experiment, spans, sent.run);
      return undefined;
    },

    /**
     * Keeps spans, all or none. Those of one trace may come in several requests, before and after the trace itself is told of, and
     * twice: the last counts. What follows from spans (times, state, previews, sums) is kept unless somebody said it of the whole trace.
     */
    async recordSpans(
      _actor: Actor,
      project: string,
      experimentId: string,
      spans: readonly SentSpan[],
      runId?: string,
    ): Promise<void> {
      if (spans.length === 0) return;
      const experiment = await context.experiment(database.read, project, experimentId);
      assertActive(experiment);
      const byTrace = new Map<string, SentSpan[]>();
      for (const span of spans) {
        const others = byTrace.get(span.traceId);
        if (others) others.push(span);
        else byTrace.set(span.traceId, [span]);
      }
      await database.write(async (tx) => {
        const run = runId ? await context.runs.find(tx, runId) : undefined;
        // In one order, so that two writers of the same traces do not wait for each other.
        for (const traceId of [...byTrace.keys()].sort())
          await recordTrace(
            tx,
            project,
            experiment,
            traceId,
            byTrace.get(traceId) ?? [],
            run?.project === project ? runId : undefined,
          );
      });
    },
  };

  async function recordTrace(
    tx: Tx,
    project: string,
    experiment: ExperimentRow,
    traceId: string,
    spans: readonly SentSpan[],
    runId: string | undefined,
  ): Promise<void> {
    const { row, made } = await takeTrace(tx, traces, experiment, project, traceId, {
      start_ms: least(spans.map((span) => msOf(span.body.start))),
    });
    await traces.putSpans(
      tx,
      spans.map((span) => rowOf(row.id, span)),
    );
    const sums = await traces.spanSums(tx, row.id);
    const root = spans.find((span) => span.parentId === null);
    await traces.update(tx, row.id, changeOf(row, sums, spans, root));
    const { tags, metadata } = await traces.details(tx, [row.id]);
    const known = metadata.get(row.id) ?? new Map<string, string>();
    await traces.put(tx, 'trace_metadata', row.id, metadataOf(row, known, sums, spans));
    const ownTags = tags.get(row.id) ?? new Map<string, string>();
    await traces.put(tx, 'trace_tags', row.id, [
      ...(made ? [[TRACE_KEYS.artifactLocation, artifactsOf(experiment, traceId)] as const] : []),
      ...(root && !ownTags.has(TRACE_KEYS.name)
        ? [[TRACE_KEYS.name, root.name.slice(0, 4096)] as const]
        : []),
      ...tagsOf(spans, root),
    ]);
    if (runId && root) await traces.link(tx, 'run', [{ trace: row.id, target: runId }]);
  }
}

type Sums = Awaited<ReturnType<ReturnType<typeof traceStore>['spanSums']>>;

function changeOf(
  row: TraceRow,
  sums: Sums,
  spans: readonly SentSpan[],
  root: SentSpan | undefined,
): Partial<TraceValues> {
  const change: Partial<TraceValues> = { spans: sums.length };
  if (row.finalized === 0) {
    const start = least(sums.map((span) => Math.floor(span.start_us / 1000)));
    const ends = sums.flatMap((span) => (span.end_us === null ? [] : Math.floor(span.end_us / 1000)));
    change.start_ms = start;
    change.duration_ms = ends.length > 0 ? -least(ends.map((end) => -end)) - start : null;
  } else if (!spans.some(isAccounted)) Object.assign(change, stretched(row, spans));
  if (!root) return change;
  if (row.state === 'IN_PROGRESS' || row.state === 'STATE_UNSPECIFIED')
    change.state = root.status === 'ERROR' ? 'ERROR' : 'OK';
  const inputs = root.attributes[SPAN_KEYS.inputs];
  const outputs = root.attributes[SPAN_KEYS.outputs];
  if (row.request_preview === null && inputs !== undefined)
    change.request_preview = previewOf(inputs, 'user');
  if (row.response_preview === null && outputs !== undefined)
    change.response_preview = previewOf(outputs, 'assistant');
  return change;
}

/** MLflow takes the times that a client told of a trace for the last word where a span has tokens, a cost or a session, else not. */
const isAccounted = ({ attributes }: SentSpan): boolean =>
  spanTokens(attributes) !== undefined ||
  spanCost(attributes) !== undefined ||
  firstText([{ attributes }], SESSION) !== undefined;

/** A trace that was told of goes on as far as spans that come later. */
function stretched(row: TraceRow, spans: readonly SentSpan[]): Partial<TraceValues> {
  const start_ms = least([row.start_ms, ...spans.map(({ body }) => msOf(body.start))]);
  const ends = spans.flatMap(({ body }) => (body.end === null ? [] : msOf(body.end)));
  if (ends.length === 0) return { start_ms };
  const known = row.duration_ms === null ? [] : [row.start_ms + row.duration_ms];
  const end = -least([...known, ...ends].map((each) => -each));
  return { start_ms, duration_ms: end - start_ms };
}

/** Sums that a client made itself, when it told of the whole trace, stay. */
function metadataOf(
  row: TraceRow,
  known: ReadonlyMap<string, string>,
  sums: Sums,
  spans: readonly SentSpan[],
): [string, string][] {
  const found: [string, string][] = [];
  const own = (key: string) => row.finalized === 1 && known.has(key);
  const tokens = own(TRACE_KEYS.tokens) ? undefined : tokensOf(sums);
  if (tokens !== undefined) found.push([TRACE_KEYS.tokens, tokens]);
  const cost = own(TRACE_KEYS.cost) ? undefined : costOf(sums);
  if (cost !== undefined) found.push([TRACE_KEYS.cost, cost]);
  const session = firstText(spans, SESSION);
  if (session !== undefined && !known.has(TRACE_KEYS.session)) found.push([TRACE_KEYS.session, session]);
  const user = firstText(spans, [SPAN_KEYS.user]);
  if (user !== undefined && !known.has(TRACE_KEYS.user)) found.push([TRACE_KEYS.user, user]);
  return found;
}

/** Who sent the spans, then what the root says by name, which counts more. Tags that cannot be kept are left out. */
function tagsOf(spans: readonly SentSpan[], root: SentSpan | undefined): [string, string][] {
  const resource = spans.find((span) => Object.keys(span.resource).length > 0)?.resource ?? {};
  const ofResource = Object.entries(resource).filter(([key]) => !/^(telemetry\.sdk|mlflow)\./.test(key));
  const ofRoot = Object.entries(root?.attributes ?? {}).flatMap(([key, text]) =>
    key.startsWith(SPAN_KEYS.tag) ? [[key.slice(SPAN_KEYS.tag.length), text] as const] : [],
  );
  return [...ofResource, ...ofRoot].flatMap(([key, text]) => {
    const value = plain(text).slice(0, LIMITS.tagValue);
    try {
      checkTag({ key, value }, '');
    } catch {
      return [];
    }
    return LOCKED.includes(key) ? [] : [[key, storable(value)] as [string, string]];
  });
}

const LOCKED: readonly string[] = [
  TRACE_KEYS.spansLocation,
  TRACE_KEYS.archiveLocation,
  TRACE_KEYS.archivalFailure,
];

function firstText(
  spans: readonly Pick<SentSpan, 'attributes'>[],
  keys: readonly string[],
): string | undefined {
  for (const { attributes } of spans) {
    for (const key of keys) {
      const text = attributes[key];
      if (text !== undefined && text !== 'null' && text !== '""')
        return plain(text).slice(0, LIMITS.tagValue);
    }
  }
  return undefined;
}

/** The value of a JSON text that is a text, else the JSON text. */
const plain = (text: string): string => (text.startsWith('"') ? (JSON.parse(text) as string) : text);

const least = (numbers: readonly number[]) =>
  numbers.reduce((least, each) => Math.min(least, each), Infinity);

const msOf = (ns: string): number => Number(BigInt(ns) / 1_000_000n);
const usOf = (ns: string): number => Number(BigInt(ns) / 1000n);

function rowOf(trace: number, span: SentSpan): SpanRow {
  const type = span.attributes[SPAN_KEYS.type];
  return {
    trace,
    span_id: span.spanId,
    parent_id: span.parentId,
    name: storable(span.name.slice(0, LONGEST.name)),
    type: type === undefined || type === 'null' ? null : storable(plain(type).slice(0, LONGEST.type)),
    status: span.status,
    start_us: usOf(span.body.start),
    end_us: span.body.end === null ? null : usOf(span.body.end),
    attributes: JSON.stringify(span.attributes),
    body: JSON.stringify(span.body),
    tokens: spanTokens(span.attributes) ?? null,
    cost: spanCost(span.attributes) ?? null,
  };
}
