import { SPAN_KEYS } from './schema/traces.ts';

/** A span within the tree that sums go over; `tokens` and `cost` are JSON texts. */
export interface SummedSpan {
  span_id: string;
  parent_id: string | null;
  tokens: string | null;
  cost: string | null;
}

const TOKENS = ['input_tokens', 'output_tokens', 'total_tokens'];
const CACHED = [
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation_input_tokens_above_1hr',
];
const COSTS = ['input_cost', 'output_cost', 'total_cost'];

/** Tokens of a whole trace as the JSON text that MLflow keeps; undefined when no span has any. */
export function tokensOf(spans: readonly SummedSpan[]): string | undefined {
  const total = sum(spans, (span) => span.tokens, TOKENS, CACHED);
  return total && pythonObject(total, (value) => String(Math.trunc(value)));
}

export function costOf(spans: readonly SummedSpan[]): string | undefined {
  const total = sum(spans, (span) => span.cost, COSTS, []);
  return (
    total && pythonObject(total, (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value)))
  );
}

/** What a span says it used: MLflow's attribute, or the ones of OpenTelemetry's conventions for generative AI. */
export function spanTokens(attributes: Record<string, string>): string | undefined {
  const own = attributes[SPAN_KEYS.tokens];
  if (own !== undefined && own !== 'null') return own;
  const input = wholeNumber(attributes['gen_ai.usage.input_tokens']);
  const output = wholeNumber(attributes['gen_ai.usage.output_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const [i, o] = [input ?? 0, output ?? 0];
  return `{"input_tokens": ${i}, "output_tokens": ${o}, "total_tokens": ${i + o}}`;
}

export function spanCost(attributes: Record<string, string>): string | undefined {
  const own = attributes[SPAN_KEYS.cost];
  return own === 'null' ? undefined : own;
}

const wholeNumber = (text: string | undefined) =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** A span that has a value stands for everything below it: frameworks sum up on the outer span what the inner ones used. */
function sum(
  spans: readonly SummedSpan[],
  textOf: (span: SummedSpan) => string | null,
  keys: readonly string[],
  optional: readonly string[],
): Map<string, number> | undefined {
  const values = new Map(spans.map((span) => [span.span_id, parsed(textOf(span))]));
  const parents = new Map(spans.map((span) => [span.span_id, span.parent_id]));
  const total = new Map(keys.map((key) => [key, 0]));
  let found = false;
  const covered = coveredBy(values, parents);
  for (const { span_id: id } of spans) {
    const value = values.get(id);
    if (!value || covered(parents.get(id) ?? null)) continue;
    found = true;
    for (const key of [...keys, ...optional]) {
      const one = value[key];
      if (typeof one === 'number' && Number.isFinite(one)) total.set(key, (total.get(key) ?? 0) + one);
    }
  }
  return found ? total : undefined;
}

/** Whether a span or one above it has a value. Each span is looked at once, however deep the tree is. */
function coveredBy(values: ReadonlyMap<string, unknown>, parents: ReadonlyMap<string, string | null>) {
  const known = new Map<string, boolean>();
  return (start: string | null): boolean => {
    const way: string[] = [];
    let at = start;
    while (at !== null && !known.has(at)) {
      known.set(at, false);
      way.push(at);
      at = values.get(at) ? null : (parents.get(at) ?? null);
    }
    const last = way.at(-1);
    const answer =
      (at !== null && known.get(at) === true) || (last !== undefined && Boolean(values.get(last)));
    for (const each of way) known.set(each, answer);
    return answer;
  };
}

function parsed(text: string | null): Record<string, unknown> | undefined {
  if (text === null) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const pythonObject = (values: ReadonlyMap<string, number>, print: (value: number) => string): string =>
  `{${[...values].map(([key, value]) => `"${key}": ${print(value)}`).join(', ')}}`;
