import { isRefusal } from '../artifacts.ts';
import type { Files, SourceSpan, SourceTrace } from '../source.ts';

type Loose = Record<string, unknown>;

/** Where clients write the spans of a trace that is no row of a table. */
export const SPANS_FILE = 'traces.json';
const ATTACHMENT = /mlflow-attachment:\/\/([0-9a-f]{8}-[0-9a-f-]{27})/gi;

/** Ids of the attachments that spans name, each once. */
export function attachmentsOf(spans: readonly SourceSpan[]): string[] {
  const texts = spans.flatMap(({ attributes, body }) => [
    ...Object.values(attributes),
    ...body.events.flatMap((event) => Object.values(event.attributes)),
  ]);
  const ids = texts.flatMap((one) => [...one.matchAll(ATTACHMENT)].map(([, id = '']) => id));
  return [...new Set(ids)];
}

/** Whole numbers of more digits than a double has, as texts; not where the same characters are inside a text. */
const LONG = /(?<!\\)"((?:start|end)_time(?:_unix_nano)?|time_unix_nano|timestamp)":\s*(\d{16,20})/g;

/** JSON as MLflow writes spans. */
export const parseSpanText = (text: string): unknown => JSON.parse(text.replace(LONG, '"$1":"$2"'));

/** Spans of a trace's file, in the form of MLflow 3 or 2. */
export function spansOfFile(text: string): SourceSpan[] {
  const { spans } = parseSpanText(text) as { spans?: Loose[] };
  return (spans ?? []).map(toSpan);
}

/** Spans that are kept with the trace, or else in a file of its own; and its files, where it has some. */
export async function spansAndFiles(
  kept: SourceSpan[],
  files: Files | undefined,
  id: string,
): Promise<Pick<SourceTrace, 'spans' | 'files' | 'lost'>> {
  if (!files) return { spans: kept };
  if (kept.length > 0) return attachmentsOf(kept).length > 0 ? { spans: kept, files } : { spans: kept };
  try {
    for await (const file of files.list())
      if (file.path === SPANS_FILE) return { spans: spansOfFile(await text(await file.open())), files };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { spans: [], lost: [{ kind: 'spans', id, why: (error as Error).message }] };
  }
  return { spans: [], files };
}

export function toSpan(span: Loose): SourceSpan {
  const context = span.context as Loose | undefined;
  const status = span.status as Loose | undefined;
  const parent = context ? span.parent_id : span.parent_span_id;
  const end = span.end_time_unix_nano ?? span.end_time;
  return {
    span_id: hex(context?.span_id ?? span.span_id),
    parent_id: parent ? hex(parent) : null,
    name: String(span.name ?? ''),
    status: statusOf(status?.code ?? span.status_code),
    attributes: textsOf(span.attributes),
    body: {
      start: String(span.start_time_unix_nano ?? span.start_time ?? 0),
      end: end === undefined || end === null ? null : String(end),
      message: String(status?.message ?? span.status_message ?? ''),
      events: list(span.events).map((event) => ({
        name: String(event.name ?? ''),
        time: String(event.time_unix_nano ?? event.timestamp ?? 0),
        attributes: textsOf(event.attributes),
      })),
      links: list(span.links).map((link) => ({
        trace: hex(link.trace_id),
        span: hex(link.span_id),
        attributes: textsOf(link.attributes),
      })),
    },
  };
}

async function text(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString();
}

const list = (value: unknown): Loose[] => (Array.isArray(value) ? (value as Loose[]) : []);

/** Attributes hold JSON texts; of old files some are values themselves. */
function textsOf(attributes: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries((attributes ?? {}) as Loose).map(([key, value]) => [key, textOf(value)]),
  );
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  return isJson(value) ? value : JSON.stringify(value);
}

function isJson(text: string): boolean {
  if (/^-?(Infinity|NaN)$/.test(text)) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return /^[[{].*\b(NaN|Infinity)\b/.test(text);
  }
}

/** Ids are base64 in files of MLflow 3, and hex behind `0x` before. */
function hex(id: unknown): string {
  const text = String(id ?? '');
  if (text.startsWith('0x')) return text.slice(2);
  if (/^tr-[0-9a-f]+$/.test(text)) return text.slice(3);
  return /^([0-9a-f]{16}|[0-9a-f]{32})$/.test(text) ? text : Buffer.from(text, 'base64').toString('hex');
}

function statusOf(code: unknown): SourceSpan['status'] {
  const name = String(code ?? '').replace(/^STATUS_CODE_/, '');
  return name === 'OK' || name === 'ERROR' ? name : 'UNSET';
}
