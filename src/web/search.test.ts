import { expect, it } from 'vitest';
import { FIELDS, parseSearch, searchSchema } from './search.ts';

const read = parseSearch(searchSchema({ w: FIELDS.moment, id: FIELDS.id }, ['a', 'b']));

it('reads what fits, leaves out what is broken, keeps what nobody knows', () => {
  expect(read({ tab: 'b', w: 990_000, q: 5 })).toEqual({ tab: 'b', w: 990_000, q: '5' });
  expect(read({ tab: 'c', w: 'x', sort: '-loss' })).toEqual({ sort: '-loss' });
  expect(read({ id: -1, other: 'kept' })).toEqual({ other: 'kept' });
});
