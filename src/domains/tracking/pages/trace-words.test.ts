import { expect, it } from 'vitest';
import type { Span, TraceInfo } from '../schema/traces.ts';
import { faultPlace, plainOf, secondsOf, spanRows, tokensOf } from './trace-words.ts';

const span = (id: string, parent: string | undefined, start: number, end?: number): Span => ({
  trace_id: 't',
  span_id: id,
  ...(parent === undefined ? {} : { parent_span_id: parent }),
  name: id,
  start_time_unix_nano: start * 1e6,
  ...(end === undefined ? {} : { end_time_unix_nano: end * 1e6 }),
});

it('hangs each span under its parent in the order they began, and makes a root of one whose parent is missing', () => {
  const rows = spanRows([
    span('late', 'root', 30, 40),
    span('lost', 'nobody', 50),
    span('root', undefined, 10, 60),
    span('leaf', 'early', 21, 22),
    span('early', 'root', 20, 25),
  ]);
  expect(rows.map(({ id, depth, start, took }) => [id, depth, start, took])).toEqual([
    ['root', 0, 0, 50],
    ['early', 1, 10, 5],
    ['leaf', 2, 11, 1],
    ['late', 1, 20, 10],
    ['lost', 0, 40, null],
  ]);
});

it('reads values of every kind', () => {
  expect(plainOf({ string_value: 'x' })).toBe('x');
  expect(plainOf({ double_value: 'NaN' })).toBe('NaN');
  expect(plainOf({ array_value: { values: [{ int_value: 1 }, {}] } })).toEqual([1, null]);
  expect(
    plainOf({ kvlist_value: { values: [{ key: 'a', value: { bool_value: false } }, { key: 'b' }] } }),
  ).toEqual({
    a: false,
    b: null,
  });
  expect(plainOf(undefined)).toBeNull();
});

it('reads times and tokens, and does without', () => {
  const info = {
    execution_duration: '1.500s',
    trace_metadata: { 'mlflow.trace.tokenUsage': '{"total_tokens": 7}' },
  } as unknown as TraceInfo;
  expect([secondsOf(info), tokensOf(info)]).toEqual([1.5, 7]);
  const broken = { trace_metadata: { 'mlflow.trace.tokenUsage': '{' } } as unknown as TraceInfo;
  expect([secondsOf(broken), tokensOf(broken)]).toEqual([null, null]);
});

it('finds the character that a fault points at', () => {
  expect(faultPlace('Invalid … (character 8)').at).toBe(7);
  expect(faultPlace('something else').at).toBe(0);
});
