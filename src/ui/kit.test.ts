import { expect, it } from 'vitest';
import { mergeNear } from './event-lane.tsx';
import { withoutTerm, withTerm } from './filter-bar.tsx';
import { niceTimes } from './gantt.tsx';
import { gateText } from './gate-list.tsx';
import { layoutGraph, NODE_WIDTH } from './graph-layout.ts';
import { causeFirst } from './graph-order.ts';
import { findLines, plainText } from './log-view.tsx';

it('merges marks that would stand on each other, never spans', () => {
  const place = (at: number) => at;
  const at = (...times: number[]) => times.map((time) => ({ at: time }));
  expect(mergeNear(at(0, 10, 50), place).map((group) => group.length)).toEqual([2, 1]);
  expect(mergeNear([{ at: 0, until: 40 }, { at: 5 }], place)).toHaveLength(2);
});

it('adds and removes a term of the filter', () => {
  expect(withTerm('', 'a = 1')).toBe('a = 1');
  expect(withTerm('a = 1', 'b = 2')).toBe('a = 1 and b = 2');
  expect(withoutTerm('a = 1 and b = 2', 'a = 1')).toBe('b = 2');
  expect(withoutTerm('b = 2', 'b = 2')).toBe('');
});

it('finds round times', () => {
  expect(niceTimes(0, 300_000)).toEqual({
    ticks: [0, 60_000, 120_000, 180_000, 240_000, 300_000],
    step: 60_000,
  });
  expect(niceTimes(1, 2).ticks).toEqual([]);
});

it('prints a gate with value, interval, limit as it was set, and n', () => {
  expect(
    gateText({
      id: 'g',
      name: 'g',
      rule: '',
      word: 'Failed',
      value: 0.021,
      interval: [0.012, 0.03],
      limit: 0.01,
      n: 4210,
    }),
  ).toBe('0.0210 (0.0120 to 0.0300), limit 0.01, n 4,210');
});

it('orders causes before effects and survives a cycle', () => {
  const nodes = ['c', 'b', 'a', 'x', 'y'].map((id) => ({ id }));
  const edges = [
    ['a', 'b'],
    ['b', 'c'],
    ['x', 'y'],
    ['y', 'x'],
  ].map(([from = '', to = '']) => ({ from, to }));
  expect(causeFirst(nodes, edges)).toEqual(['a', 'b', 'c', 'x', 'y']);
});

it('lays a graph out from left to right without overlap', () => {
  const at = layoutGraph({
    nodes: ['a', 'b', 'c'].map((id) => ({ id })),
    edges: [
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c' },
      { from: 'a', to: 'gone' },
    ],
  });
  expect(at['b']!.x).toBeGreaterThanOrEqual(at['a']!.x + NODE_WIDTH);
  expect(Math.abs(at['b']!.y - at['c']!.y)).toBeGreaterThanOrEqual(44);
});

it('finds lines without regard to case and strips terminal colours', () => {
  expect(findLines([{ text: 'Error: x' }, { text: 'ok' }, { text: 'ERROR' }], 'error')).toEqual([0, 2]);
  expect(findLines([{ text: 'a' }], '')).toEqual([]);
  expect(plainText('\u001b[31mred\u001b[0m')).toBe('red');
});
