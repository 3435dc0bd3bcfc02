import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diffLines, foldSame } from './diff.ts';

const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 14 }).map((lines) => lines.join('\n'));

it('gives both texts back', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      expect(
        lines
          .filter((line) => line.kind !== 'new')
          .map((line) => line.text)
          .join('\n'),
      ).toBe(before);
      expect(
        lines
          .filter((line) => line.kind !== 'gone')
          .map((line) => line.text)
          .join('\n'),
      ).toBe(after);
    }),
  );
});

it('finds no change between equal texts and the least between others', () => {
  expect(diffLines('a\nb', 'a\nb').every((line) => line.kind === 'same')).toBe(true);
  expect(diffLines('a\nb\nc', 'a\nx\nc').map((line) => line.kind)).toEqual(['same', 'gone', 'new', 'same']);
});

it('folds long equal runs and loses no line', () => {
  const lines = diffLines(
    Array.from({ length: 30 }, (_, i) => i).join('\n'),
    [...Array.from({ length: 29 }, (_, i) => i), 'x'].join('\n'),
  );
  const folded = foldSame(lines, 3);
  const count = folded.reduce((sum, line) => sum + (line.kind === 'folded' ? line.count : 1), 0);
  expect(count).toBe(lines.length);
  expect(folded[0]).toEqual({ kind: 'folded', count: 26 });
});
