import { expect, it } from 'vitest';
import type { DataColumn } from './data-column.ts';
import { arranged, moved, resized } from './table-arrangement.ts';

const column = (id: string, grow = false): DataColumn<object> => ({ id, head: id, value: () => id, grow });
const COLUMNS = [column('name', true), column('a'), column('b'), column('c')];
const ids = (columns: readonly DataColumn<object>[]) => columns.map((each) => each.id);

it('keeps the first column first, then pinned ones, then the order asked for, new columns last', () => {
  const made = arranged(COLUMNS, { order: ['c', 'gone', 'a', 'name'], pinned: ['b'], widths: {} });
  expect(ids(made)).toEqual(['name', 'b', 'c', 'a']);
});

it('lets no column grow that was resized, or that stands left of a pinned one', () => {
  const plain = arranged(COLUMNS, { order: [], pinned: [], widths: { a: 77 } });
  expect(plain.map((each) => [each.grow, each.width])).toEqual([
    [true, undefined],
    [false, 77],
    [false, undefined],
    [false, undefined],
  ]);
  expect(arranged(COLUMNS, { order: [], pinned: ['c'], widths: {} })[0]?.grow).toBe(false);
});

it('moves within its bounds, and keeps widths in theirs', () => {
  expect(moved(['a', 'b', 'c'], 'b', -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 'c', 1)).toEqual(['a', 'b', 'c']);
  expect(resized({ order: [], pinned: [], widths: {} }, 'a', 1).widths).toEqual({ a: 48 });
});
