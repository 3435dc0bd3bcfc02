import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { AppError } from '../../lib/errors.ts';
import { checkPattern, matchesPattern } from '../pattern.ts';
import { postgresPattern } from './pattern.ts';

const TEXTS = [
  '',
  'a',
  'ab',
  'aB c',
  'a\nb',
  'word x-y_z 10',
  'é',
  'Ünï',
  'a.b',
  '[x]',
  '{2}',
  'a{2',
  '\\',
  '😀',
  '(a|b)',
  '\t',
];

describe('regular expressions of RE2 in PostgreSQL', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase('postgres');
  });
  afterAll(() => test.end());

  async function matches(pattern: string): Promise<boolean[]> {
    const list = JSON.stringify(TEXTS);
    const { rows } = await sql<{ found: boolean }>`
      select item ~ ${postgresPattern(pattern)} as found
      from jsonb_array_elements_text(${list}::jsonb) with ordinality as listed (item, place) order by place`.execute(
      test.database.read,
    );
    return rows.map((row) => row.found);
  }
  const meant = (pattern: string) => TEXTS.map((text) => matchesPattern(pattern, text));

  it.each([
    '\\bx\\b',
    'a.b',
    '(?s)a.b',
    '(?m)^b$',
    '^b$',
    '(?i)AB',
    '(?im)^B',
    '\\w+',
    '^\\W+$',
    '\\d',
    '[\\w-]+',
    '\\S\\s\\S',
    '\\Qa.b\\E',
    '\\Q(a|b)',
    '(?P<n>a)(?<m>b)',
    '(?:a|)$',
    'a{2',
    '\\{2\\}',
    '{2}'.replace('{', '\\{'),
    'a{1,2}',
    'a??b',
    '\\x61',
    '\\x{1F600}',
    '[]x]+',
    '[^]x]',
    '[[x]',
    '[[:alpha:]]+',
    '[^[:space:]]',
    '\\Aa',
    'b\\z',
    '\\\\',
    '\\t',
    '[\\t\\n]',
    'é',
    '[à-ü]',
    '\\.',
    '(?U)a+',
    '😀',
    '[^a]',
  ])('%s', async (pattern) => {
    expect(await matches(pattern)).toEqual(meant(pattern));
  });

  it.each(['\\pL', '\\p{Greek}', '[[:^alpha:]]', '[\\D]', 'a(?i)b', '(?i:a)', 'a{256}', '\\C', '\\07'])(
    'refuses %s',
    (pattern) => {
      expect(() => postgresPattern(pattern)).toThrow(AppError);
    },
  );

  it('mean the same, however they are put together', async () => {
    const pieces = [
      'a',
      'b',
      '.',
      '\\b',
      '\\B',
      '\\w',
      '\\s',
      '\\W',
      '[^a]',
      '[a-c]',
      '(a|b)',
      '^',
      '$',
      '\\{',
      '\\n',
      'é',
      '(?:b|)',
      '[]\\d]',
      '\\x41',
    ];
    const endings = ['', '', '*', '+', '?', '{2}', '+?'];
    const part = fc
      .tuple(fc.constantFrom(...pieces), fc.constantFrom(...endings))
      .map(([one, end]) => (/^(\^|\$|\\b|\\B)$/.test(one) ? one : one + end));
    const drawn = fc.tuple(
      fc.constantFrom('', '', '(?s)', '(?i)', '(?m)'),
      fc.array(part, { minLength: 1, maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(drawn, async ([flag, parts]) => {
        const pattern = flag + parts.join('');
        checkPattern(pattern);
        expect(await matches(pattern), pattern).toEqual(meant(pattern));
      }),
      { numRuns: 400 },
    );
  });
});
