import type { SpanBody } from '../schema/traces.ts';
import type { SpanRow } from '../store/tables.ts';

/**
 * Spans as JSON texts. They are put together by hand, because times in nanoseconds and attributes may hold whole numbers that a
 * double cannot.
 */

/** In the form of OpenTelemetry's proto JSON, as `traces/get` answers. */
export function spanText(traceId: string, row: SpanRow): string {
  const body = JSON.parse(row.body) as SpanBody;
  const fields = [
    `"trace_id":${idText(traceOf(traceId))}`,
    `"span_id":${idText(row.span_id)}`,
    ...(row.parent_id === null ? [] : [`"parent_span_id":${idText(row.parent_id)}`]),
    `"name":${JSON.stringify(row.name)}`,
    `"start_time_unix_nano":${body.start}`,
    ...(body.end === null ? [] : [`"end_time_unix_nano":${body.end}`]),
    ...attributesText(JSON.parse(row.attributes) as Record<string, string>),
    ...listText(
      'events',
      body.events.map((event) => [
        `"time_unix_nano":${event.time}`,
        `"name":${JSON.stringify(event.name)}`,
        ...attributesText(event.attributes),
      ]),
    ),
    ...listText(
      'links',
      body.links.map((link) => [
        `"trace_id":${idText(link.trace)}`,
        `"span_id":${idText(link.span)}`,
        ...attributesText(link.attributes),
      ]),
    ),
    `"status":${statusText(row.status, body.message)}`,
  ];
  return `{${fields.join(',')}}`;
}

/** In the form of MLflow's `traces.json`: attributes are JSON texts by key. */
export function spanFileText(traceId: string, row: SpanRow): string {
  const body = JSON.parse(row.body) as SpanBody;
  const events = body.events.map(
    (event) =>
      `{"name":${JSON.stringify(event.name)},"time_unix_nano":${event.time},"attributes":${valuesText(event.attributes)}}`,
  );
  const links = body.links.map(
    (link) =>
      `{"trace_id":"tr-${link.trace}","span_id":"${link.span}","attributes":${valuesText(link.attributes)}}`,
  );
  const fields = [
    `"trace_id":${idText(traceOf(traceId))}`,
    `"span_id":${idText(row.span_id)}`,
    `"parent_span_id":${row.parent_id === null ? 'null' : idText(row.parent_id)}`,
    `"name":${JSON.stringify(row.name)}`,
    `"start_time_unix_nano":${body.start}`,
    `"end_time_unix_nano":${body.end ?? 'null'}`,
    `"events":[${events.join(',')}]`,
    `"status":{"code":"STATUS_CODE_${row.status}","message":${JSON.stringify(body.message)}}`,
    `"attributes":${row.attributes}`,
    `"links":[${links.join(',')}]`,
  ];
  return `{${fields.join(',')}}`;
}

/** Proto JSON leaves out what is unset. */
const statusText = (status: string, message: string) =>
  JSON.stringify({
    ...(message === '' ? {} : { message }),
    ...(status === 'UNSET' ? {} : { code: `STATUS_CODE_${status}` }),
  });

const traceOf = (traceId: string) => traceId.replace(/^tr-/, '');

const idText = (hex: string): string => `"${Buffer.from(hex, 'hex').toString('base64')}"`;

function listText(name: string, items: string[][]): string[] {
  return items.length === 0
    ? []
    : [`"${name}":[${items.map((fields) => `{${fields.join(',')}}`).join(',')}]`];
}

function attributesText(attributes: Record<string, string>): string[] {
  return listText(
    'attributes',
    Object.entries(attributes).map(([key, text]) => {
      const value = anyValueText(text);
      return [`"key":${JSON.stringify(key)}`, ...(value === '{}' ? [] : [`"value":${value}`])];
    }),
  );
}

/** JSON has no word for what is no number. */
const valuesText = (attributes: Record<string, string>): string =>
  `{${Object.entries(attributes)
    .map(([key, text]) => `${JSON.stringify(key)}:${tokensOf(text).map(quoted).join('')}`)
    .join(',')}}`;

const quoted = (token: string) => (/^(NaN|-?Infinity)$/.test(token) ? `"${token}"` : token);

const TOKEN = /\s*("|-?Infinity|NaN|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])/y;

/** Texts may be megabytes long, so their ends are looked for by hand. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new Error('A stored attribute is no JSON.');
    const start = TOKEN.lastIndex - (found[1] as string).length;
    at = found[1] === '"' ? endOfText(text, start) : TOKEN.lastIndex;
    tokens.push(text.slice(start, at));
  }
  return tokens;
}

function endOfText(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw new Error('A stored attribute is no JSON.');
}

/** A JSON text as an `AnyValue`, number by number as it is written. */
export function anyValueText(text: string): string {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  const items = (close: string, read: (token: string) => string): string[] => {
    const found: string[] = [];
    for (let token = next(); token !== close && token !== ''; token = next()) {
      if (token === ',') continue;
      found.push(read(token));
    }
    return found;
  };
  const value = (token: string): string => {
    if (token.startsWith('"')) return `{"string_value":${token}}`;
    if (token === 'true' || token === 'false') return `{"bool_value":${token}}`;
    if (token === 'null') return '{}';
    if (token === '[') return `{"array_value":${valuesOf(items(']', value))}}`;
    if (token === '{') {
      const pairs = items('}', (key) => {
        next();
        const inner = value(next());
        return inner === '{}' ? `{"key":${key}}` : `{"key":${key},"value":${inner}}`;
      });
      return `{"kvlist_value":${valuesOf(pairs)}}`;
    }
    if (/^-?\d+$/.test(token)) return `{"int_value":${token}}`;
    return /\d/.test(token) ? `{"double_value":${token}}` : `{"double_value":"${token}"}`;
  };
  return value(next());
}

const valuesOf = (items: string[]): string => (items.length === 0 ? '{}' : `{"values":[${items.join(',')}]}`);
