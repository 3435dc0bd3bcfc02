import { expect, it } from 'vitest';
import { parseFilter } from '../lib/search/parse.ts';
import { quotedLike } from '../lib/search/quoted-like.ts';
import { isNarrower, termOf } from './palette-search.ts';

it('asks the server for words, not for signs or single letters', () => {
  expect(['', 'a', ' ab ', '>compare', '@ana', 'x'.repeat(300)].map(termOf)).toEqual([
    undefined,
    undefined,
    'ab',
    undefined,
    undefined,
    'x'.repeat(200),
  ]);
});

it('writes what was typed so that the search grammar reads it whole', () => {
  for (const typed of ["it's", '100%', '"q"', "' OR name = '", 'tr-1`2', '\\']) {
    expect(parseFilter(`name ILIKE ${quotedLike(typed)}`, 'models')).toMatchObject({
      kind: 'comparison',
      value: `%${typed}%`,
    });
  }
});

it('knows when nothing new can be found because less found nothing', () => {
  expect(isNarrower('no such run', 'no su')).toBe(true);
  expect(isNarrower('a no su', 'no su')).toBe(true);
  expect(isNarrower('no s', 'no su')).toBe(false);
  // A pattern of LIKE goes on being one.
  expect(isNarrower('a_bc', 'a_b')).toBe(true);
  expect(isNarrower('a\\b', 'a\\')).toBe(false);
  // From six letters on it may be an id as well.
  expect(isNarrower('8ed7e9', '8ed7')).toBe(false);
  expect(isNarrower('8ed7e94', '8ed7e9')).toBe(true);
  expect(isNarrower('08ed7e9', '8ed7e9')).toBe(false);
  expect(isNarrower('8ed7e9 x', '8ed7')).toBe(true);
});
