import { expect, it } from 'vitest';
import { rangesText, readRanges } from './metric-ranges.ts';

it('keeps the ends of y of each metric in the address, whatever its name holds', () => {
  const one = rangesText(new Map(), 'a~b, %', { min: -0.5, max: 1e-7 });
  const two = rangesText(readRanges(one), 'auc', { max: 1 });
  expect([...readRanges(two)]).toEqual([
    ['a~b, %', { min: -0.5, max: 1e-7 }],
    ['auc', { min: undefined, max: 1 }],
  ]);
  expect(rangesText(readRanges(one), 'a~b, %', {})).toBeUndefined();
});

it('drops what is no range', () => {
  expect([...readRanges('x,1~2,~~loss,a~b~loss,1~~,%E0%A4')]).toEqual([]);
});
