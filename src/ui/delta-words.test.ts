import { expect, it } from 'vitest';
import { deltaWord } from './delta-words.ts';

it('says better or worse only when the interval leaves 0 out', () => {
  expect(deltaWord(-0.0038, [-0.0065, -0.0011], 'lower')).toBe('better');
  expect(deltaWord(-0.0038, [-0.0065, -0.0011], 'higher')).toBe('worse');
  expect(deltaWord(-0.0021, [-0.0049, 0.0009], 'lower')).toBe('no clear difference');
  expect(deltaWord(0.1, [0, 0.2], 'higher')).toBe('no clear difference');
});

it('without an interval says only the direction', () => {
  expect(deltaWord(0.2, undefined, 'lower')).toBe('higher');
  expect(deltaWord(0, undefined, 'lower')).toBe('equal');
});
