import { expect, it } from 'vitest';
import { objectiveText } from './freshness-words.ts';

const HOUR = 3_600_000;

it.each([
  [null, undefined, 'none stated'],
  [2 * HOUR, undefined, 'at most 2 hours'],
  [2 * HOUR, { worst_ms: null }, 'at most 2 hours; no value'],
  [2 * HOUR, { worst_ms: 3 * HOUR }, 'at most 2 hours; was 3 hours'],
])('%j, %j: %s', (freshness_ms, report, text) => {
  expect(objectiveText({ freshness_ms }, report)).toBe(text);
});
