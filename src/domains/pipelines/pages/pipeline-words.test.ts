import { expect, it } from 'vitest';
import { countsText, logLines, stepWord } from './pipeline-words.ts';

it('opens a log at an error, not at what a step merely printed to its error stream', () => {
  const lines = logLines([
    { seq: 0, time: 1, stream: 'err', text: 'loading\nTypeError: x is not a function\n' },
    { seq: 1, time: 2, stream: 'note', text: 'attempt 1 ended' },
  ]);
  expect(lines.map((line) => [line.text, line.level])).toEqual([
    ['loading', undefined],
    ['TypeError: x is not a function', 'error'],
    ['attempt 1 ended', 'debug'],
  ]);
});

it('counts only states that steps are in', () => {
  expect(countsText({ done: 7, reused: 1, failed: 0 })).toBe('7 done, 1 reused');
  expect(stepWord('reused')).toBe('Reused');
});
