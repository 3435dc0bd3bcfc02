import { storable } from '../../../lib/storable.ts';
import { badParameter } from '../errors.ts';

/** Levels of lists and maps inside one value. */
const DEEPEST = 100;

type Loose = Record<string, unknown>;

/** The JSON text of a value in OpenTelemetry's JSON form, with whole and broken numbers told apart as Python writes them. */
export function jsonTextOf(value: unknown, depth = 0): string {
  if (depth > DEEPEST) throw badParameter(`A span attribute has more than ${DEEPEST} levels.`);
  if (value === null || typeof value !== 'object') return 'null';
  const any = value as Loose;
  const of = (name: string, snake: string) => any[name] ?? any[snake];
  const text = of('stringValue', 'string_value');
  if (text !== undefined) return JSON.stringify(storable(String(text)));
  const flag = of('boolValue', 'bool_value');
  if (flag !== undefined) return flag === true || flag === 'true' ? 'true' : 'false';
  const whole = of('intValue', 'int_value');
  if (whole !== undefined) return integerText(whole);
  const double = of('doubleValue', 'double_value');
  if (double !== undefined) return doubleText(Number(double));
  const bytes = of('bytesValue', 'bytes_value');
  if (bytes !== undefined) return JSON.stringify(storable(String(bytes)));
  const items = of('arrayValue', 'array_value') as Loose | undefined;
  if (items !== undefined)
    return `[${listOf(items.values)
      .map((item) => jsonTextOf(item, depth + 1))
      .join(', ')}]`;
  const pairs = of('kvlistValue', 'kvlist_value') as Loose | undefined;
  if (pairs === undefined) return 'null';
  const inner = listOf(pairs.values).map((pair) => {
    const { key, value: one } = (pair ?? {}) as Loose;
    return `${JSON.stringify(storable(String(key ?? '')))}: ${jsonTextOf(one, depth + 1)}`;
  });
  return `{${inner.join(', ')}}`;
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A whole number of up to 64 bits as digits; numbers travel as texts of digits where they may be large. */
export function integerText(value: unknown): string {
  const text = typeof value === 'number' ? BigInt(Math.trunc(value)).toString() : String(value).trim();
  if (!/^[+-]?\d{1,20}$/.test(text)) throw badParameter(`'${text.slice(0, 40)}' is no whole number.`);
  return BigInt(text).toString();
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
