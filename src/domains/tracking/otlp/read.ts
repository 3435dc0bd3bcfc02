import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { Readable } from 'node:stream';
import { SPAN_KEYS, type SpanBody } from '../schema/traces.ts';
import { integerText, jsonTextOf, listOf } from './any-value.ts';
import { exportRequest } from './messages.ts';
import { storable } from '../../../lib/storable.ts';

/** A span as it was sent, in the form it is stored in. */
export interface SentSpan {
  /** MLflow's id of the trace: `tr-` and the trace id in hex. */
  traceId: string;
  spanId: string;
  parentId: string | null;
  name: string;
  status: 'OK' | 'ERROR' | 'UNSET';
  /** JSON texts by key. */
  attributes: Record<string, string>;
  body: SpanBody;
  /** Attributes of what sent it, JSON texts by key. */
  resource: Record<string, string>;
}

/** Why a request is refused, in the form of MLflow's OTLP endpoint. */
export class OtlpRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Most bytes of one request, as sent and inflated. */
export const OTLP_LIMIT = 16_000_000;
const MOST_SPANS = 20_000;
const TYPES = ['application/x-protobuf', 'application/json'];

/** The spans of an OTLP request. Throws an `OtlpRefusal`. */
export async function readSpans(
  stream: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  encoding: string | undefined,
): Promise<SentSpan[]> {
  const type = contentType?.split(';')[0]?.trim();
  if (type === undefined || !TYPES.includes(type)) {
    throw new OtlpRefusal(
      400,
      `Invalid Content-Type: ${contentType?.slice(0, 100) ?? 'None'}. Expected: application/x-protobuf or application/json`,
    );
  }
  const bytes = await inflate(await collect(stream), encoding?.toLowerCase());
  const request = type === 'application/json' ? parseJson(bytes) : await parseProtobuf(bytes);
  const groups = listOf(request.resourceSpans ?? request.resource_spans);
  if (groups.length === 0) throw new OtlpRefusal(400, 'Invalid OpenTelemetry format - no spans found');
  try {
    const spans = groups.flatMap(spansOf);
    if (spans.length <= MOST_SPANS) return spans;
    throw new OtlpRefusal(413, `A request has at most ${MOST_SPANS} spans, this one has ${spans.length}.`);
  } catch (error) {
    if (error instanceof OtlpRefusal && error.status === 413) throw error;
    throw new OtlpRefusal(422, 'Cannot convert OpenTelemetry span to MLflow span');
  }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > OTLP_LIMIT) throw new OtlpRefusal(413, `The body is larger than ${OTLP_LIMIT} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Stops as soon as too much has come out, whatever is left to inflate. */
async function inflate(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return bytes;
  if (encoding !== 'gzip' && encoding !== 'deflate')
    throw new OtlpRefusal(400, `Unsupported Content-Encoding: ${encoding.slice(0, 50)}`);
  // The first byte of a zlib stream names its method; a bare deflate stream has no such byte.
  const wrapped = ((bytes[0] ?? 0) & 0x0f) === 8;
  const through = encoding === 'gzip' ? createGunzip() : wrapped ? createInflate() : createInflateRaw();
  try {
    return await collect(Readable.from([bytes]).pipe(through));
  } catch (error) {
    if (error instanceof OtlpRefusal) throw error;
    throw new OtlpRefusal(400, `Failed to decompress ${encoding} payload`);
  }
}

type Loose = Record<string, unknown>;

function parseJson(bytes: Buffer): Loose {
  try {
    const value = JSON.parse(bytes.toString()) as unknown;
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Loose;
  } catch {
    // Falls through to the refusal.
  }
  throw new OtlpRefusal(400, 'Invalid OpenTelemetry format');
}

/** The message in the JSON form of OTLP: ids in hex, 64-bit numbers as texts. */
async function parseProtobuf(bytes: Buffer): Promise<Loose> {
  const type = await exportRequest();
  try {
    return type.toObject(type.decode(bytes), { longs: String, bytes: Buffer }) as Loose;
  } catch {
    throw new OtlpRefusal(400, 'Invalid OpenTelemetry format');
  }
}

function spansOf(group: unknown): SentSpan[] {
  const { resource, ...rest } = (group ?? {}) as Loose;
  const attributes = attributesOf((resource as Loose | undefined)?.attributes);
  return listOf(rest.scopeSpans ?? rest.scope_spans).flatMap((scope) =>
    listOf((scope as Loose | undefined)?.spans).map((span) => spanOf(span as Loose, attributes)),
  );
}

function spanOf(span: Loose, resource: Record<string, string>): SentSpan {
  const of = (name: string) =>
    span[name] ?? span[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
  const trace = idOf(of('traceId'), 16);
  const parent = of('parentSpanId');
  const end = integerText(of('endTimeUnixNano') ?? 0);
  const status = (of('status') ?? {}) as Loose;
  const traceId = `tr-${trace}`;
  return {
    traceId,
    spanId: idOf(of('spanId'), 8),
    parentId: isEmpty(parent) ? null : idOf(parent, 8),
    name: storable(String(of('name') ?? '')),
    status: statusOf(status.code),
    attributes: { ...attributesOf(of('attributes')), [SPAN_KEYS.requestId]: JSON.stringify(traceId) },
    body: {
      start: integerText(of('startTimeUnixNano') ?? 0),
      end: end === '0' ? null : end,
      message: storable(String(status.message ?? '')),
      events: listOf(of('events')).map((event) => {
        const { name, timeUnixNano, time_unix_nano, attributes } = event as Loose;
        return {
          name: storable(String(name ?? '')),
          time: integerText(timeUnixNano ?? time_unix_nano ?? 0),
          attributes: attributesOf(attributes),
        };
      }),
      links: listOf(of('links')).map((link) => {
        const { traceId: other, trace_id, spanId, span_id, attributes } = link as Loose;
        return {
          trace: idOf(other ?? trace_id, 16),
          span: idOf(spanId ?? span_id, 8),
          attributes: attributesOf(attributes),
        };
      }),
    },
    resource,
  };
}

function attributesOf(list: unknown): Record<string, string> {
  const pairs = listOf(list).map((pair) => {
    const { key, value } = pair as Loose;
    return [storable(String(key ?? '')), jsonTextOf(value)] as const;
  });
  return Object.fromEntries(pairs);
}

const isEmpty = (id: unknown) => id === undefined || id === null || (id as { length: number }).length === 0;

function idOf(id: unknown, bytes: number): string {
  const hex = id instanceof Uint8Array ? Buffer.from(id).toString('hex') : String(id ?? '').toLowerCase();
  if (!/^[0-9a-f]+$/.test(hex) || hex.length > bytes * 2)
    throw new OtlpRefusal(422, 'An id is missing or broken.');
  return hex.padStart(bytes * 2, '0');
}

const STATUSES = ['UNSET', 'OK', 'ERROR'] as const;

function statusOf(code: unknown): SentSpan['status'] {
  const name = typeof code === 'string' ? code.replace(/^STATUS_CODE_/, '') : STATUSES[Number(code ?? 0)];
  return STATUSES.find((status) => status === name) ?? 'UNSET';
}
