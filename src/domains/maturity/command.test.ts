import { describe, expect, it } from 'vitest';
import { foundOf } from './command.ts';

describe('what a criterion found, in words', () => {
  it.each([
    [{ found: null, total: null, needed: { kind: 'value', at_least: 0.999 } }, 'nothing measured'],
    [{ found: 0.99961, total: null, needed: { kind: 'value', at_least: 0.999 } }, '0.9996, needed 0.999'],
    [{ found: 1, total: null, needed: { kind: 'count', at_least: 2 } }, '1, needed 2'],
    [{ found: 9, total: 10, needed: { kind: 'share', at_least: 0.9 } }, '9 of 10'],
  ] as const)('%j', (finding, text) => {
    expect(foundOf(finding)).toBe(text);
  });
});
