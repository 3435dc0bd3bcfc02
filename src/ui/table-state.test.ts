import { expect, it } from 'vitest';
import { readSort, writeSort } from './table-state.ts';

it('keeps the order of a table in the address, whatever its columns are called', () => {
  const sort = [
    { id: 'metrics.log_loss', desc: true },
    { id: 'params.a,b', desc: false },
  ];
  expect(writeSort(sort)).toBe('-metrics.log_loss,params.a%2Cb');
  expect(readSort(writeSort(sort))).toEqual(sort);
  expect(readSort('100%')).toEqual([{ id: '100%', desc: false }]);
});
