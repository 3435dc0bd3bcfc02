import { expect, it } from 'vitest';
import { parseFilter } from '../lib/search/parse.ts';
import { quotedLike } from '../lib/search/quoted-like.ts';
import { termOf } from './palette-search.ts';

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
