import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filtersOf } from '../../../test/harness/filters.ts';
import { AppError } from '../errors.ts';
import { printFilter } from './filter.ts';
import { parseFilter } from './parse.ts';
import { RESOURCES, type SearchResource } from './resources.ts';

const ALL = Object.keys(RESOURCES) as SearchResource[];

const PIECES = [
  ...'metrics.a params.`b` tags."c" attribute.name name status start_time'.split(' '),
  ...'AND OR NOT IN IS NULL LIKE MATCHES now() - 7d'.split(' '),
  ...`( ) = != > , ; \` ' " . 'x' '[' 5 1e999 TRUE`.split(' '),
  ...'\u0000 \ud800 😀 \u2028 -- /* __proto__ constructor.x'.split(' '),
];

const alphabet = {
  key: fc.oneof(fc.stringMatching(/^[a-z]\w{0,6}$/), fc.string({ minLength: 1, maxLength: 8 })),
  text: fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 6 })),
  number: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    fc.integer(),
  ),
  pattern: fc.constantFrom('^a', "it''s", 'a|b', '[^x]*$', '\\d+', '"`', 'é{2}'),
};

const faultOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe.each(ALL)('filters of %s', (resource) => {
  it('are read back as they are printed', () => {
    fc.assert(
      fc.property(filtersOf(resource, alphabet), (filter) => {
        expect(parseFilter(printFilter(filter), resource)).toEqual(filter);
      }),
      { numRuns: 500 },
    );
  });

  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 }));

  it('are refused with an error that points inside the text, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc
            .tuple(fc.array(piece, { maxLength: 12 }), fc.constantFrom('', ' '))
            .map(([pieces, glue]) => pieces.join(glue)),
          fc.string({ unit: 'binary', maxLength: 40 }),
        ),
        (text) => {
          const fault = faultOf(() => parseFilter(text, resource));
          if (fault === undefined) return;
          expect(fault).toBeInstanceOf(AppError);
          const { position, end } = (fault as AppError).details as { position: number; end: number };
          expect(position).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(position);
          expect(end).toBeLessThanOrEqual(text.length);
          expect((fault as AppError).message.length).toBeLessThan(2000);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('long filters', () => {
  // A million characters: what takes quadratic time here does not end within the time of a test.
  const N = 990_000;
  const fill = (piece: string) => piece.repeat(Math.floor(N / piece.length));
  it.each([
    ['a list', `run_id IN ('x'${fill(",'y'")})`],
    ['quotes in a text', `tags.a = '${fill("''")}'`],
    ['a long text', `tags.a = '${fill('x')}'`],
    ['a long key', `tags.\`${fill('x.')}\` = 'x'`],
    ['ANDs', fill('AND ')],
    ['blanks', fill(' ')],
  ])('are read in linear time: %s', (_name, text) => {
    expect(() => parseFilter(text, 'runs')).not.toThrow();
  });

  it.each([
    ['comparisons', `tags.a = 'x'${fill(" AND tags.a = 'x'")}`],
    ['alternatives', `tags.a = 'x'${fill(' OR tags.b != "y"')}`],
    ['parentheses', fill('(')],
    ['NOT', fill('NOT ')],
    ['open quotes', `tags.a = ${fill("'a' ")}`],
    ['dots', fill('a.')],
    ['backticks', fill('`')],
    ['symbols', fill('=')],
    ['commas', `run_id IN ('a'${fill(',')}`],
    ['numbers', fill('1')],
    ['a wrong number', `metrics.a > ${fill('1e')}`],
    ['durations', `start_time > now() - ${fill('1h')}x`],
    ['a pattern', `tags.a MATCHES '${fill('(a+)+')}'`],
    ['statements', `tags.a = 'x'; ${fill('x')}`],
  ])('are refused in linear time: %s', (_name, text) => {
    const fault = faultOf(() => parseFilter(text, 'runs'));
    expect(fault).toBeInstanceOf(AppError);
    expect((fault as AppError).message.length).toBeLessThan(2000);
  });
});
