import { expect, it } from 'vitest';
import { fileChanges } from './file-changes.ts';

const file = (path: string, digest: string, size: number) => ({ path, digest, size });

it('tells files apart by digest, those that differ first', () => {
  const before = [file('MLmodel', 'a', 10), file('gone', 'b', 1), file('model.onnx', 'c', 100)];
  const after = [file('MLmodel', 'a', 10), file('model.onnx', 'd', 100), file('new', 'e', 2)];
  expect(fileChanges(before, after)).toEqual([
    { path: 'gone', before: 1, after: undefined, changed: true },
    { path: 'model.onnx', before: 100, after: 100, changed: true },
    { path: 'new', before: undefined, after: 2, changed: true },
    { path: 'MLmodel', before: 10, after: 10, changed: false },
  ]);
  expect(fileChanges([], [])).toEqual([]);
});
