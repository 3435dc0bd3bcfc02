import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { INVALID, NOW, VALID } from './corpus.golden.ts';
import { likeToRegExp, matchesFilter, printFilter } from './filter.ts';
import type { Comparison, Filter } from './filter.ts';
import { parseFilter, parseOrderBy } from './parse.ts';

const comparisons = (filter: Filter): Comparison[] =>
  filter.kind === 'comparison'
    ? [filter]
    : filter.kind === 'not'
      ? comparisons(filter.item)
      : filter.items.flatMap(comparisons);

const faultOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the written cases', () => {
  it.each(VALID)('$resource: $text', ({ text, resource, expected }) => {
    const found = comparisons(parseFilter(text, resource, NOW) as Filter);
    expect(found.map(({ entity, key, comparator, value }) => [entity, key, comparator, value])).toEqual(
      expected,
    );
  });

  it.each(INVALID)('$resource refuses: $text', ({ text, resource, message, position }) => {
    const fault = faultOf(() => parseFilter(text, resource, NOW));
    expect(fault).toBeInstanceOf(AppError);
    expect(fault).toMatchObject({ code: 'INVALID', message: expect.stringContaining(message) });
    if (position !== undefined) expect((fault as AppError).details).toMatchObject({ position });
  });
});

describe('parseFilter', () => {
  it('binds NOT before AND before OR', () => {
    const filter = parseFilter('metrics.a > 1 OR NOT metrics.b > 2 AND metrics.c > 3', 'runs') as Filter;
    expect(printFilter(filter)).toBe('metric.a > 1 OR ((NOT (metric.b > 2)) AND metric.c > 3)');
  });

  it('takes nothing for everything', () => {
    expect(parseFilter('', 'runs')).toBeUndefined();
    expect(parseFilter(' \n', 'models')).toBeUndefined();
  });

  it('bounds depth and length', () => {
    expect(() => parseFilter(`${'('.repeat(5000)}metrics.a > 1`, 'runs')).toThrow(/levels/);
    expect(() => parseFilter(`${'NOT '.repeat(5000)}metrics.a > 1`, 'runs')).toThrow(/levels/);
    expect(() => parseFilter('x'.repeat(1_000_001), 'runs')).toThrow(/too long/);
    const like = (length: number) => `tags.a ILIKE '${'é'.repeat(length)}'`;
    expect(parseFilter(like(10_000), 'runs')).toMatchObject({ comparator: 'ILIKE' });
    expect(() => parseFilter(like(10_001), 'runs')).toThrow(/more than 10000 characters/);
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => `run_id = 'run${i}'`).join(' OR ');
    expect(parseFilter(many(500), 'runs')).toMatchObject({ kind: 'or' });
    expect(() => parseFilter(many(501), 'runs')).toThrow(/More than 500 comparisons/);
    const orders = (count: number) => Array.from({ length: count }, (_, i) => `params.p${i}`);
    expect(parseOrderBy(orders(50), 'runs')).toHaveLength(50);
    expect(() => parseOrderBy(orders(51), 'runs')).toThrow('At most 50 order_by clauses can be given');
    const ids = Array.from({ length: 5000 }, (_, i) => `'run${i}'`).join(', ');
    expect(parseFilter(`run_id IN (${ids})`, 'runs')).toMatchObject({ comparator: 'IN' });
  });
});

describe('parseOrderBy', () => {
  it.each([
    ['metrics.x DESC', { entity: 'metric', key: 'x', numeric: true, ascending: false }],
    ['metrics."key1"  desc', { entity: 'metric', key: 'key1', ascending: false }],
    ['params.my_param aSc', { entity: 'param', key: 'my_param', numeric: false, ascending: true }],
    ['metrics.`Mean Square Error`', { entity: 'metric', key: 'Mean Square Error', ascending: true }],
    ['attributes.start_time', { entity: 'attribute', key: 'start_time', numeric: true, ascending: true }],
    ['Created DESC', { entity: 'attribute', key: 'start_time', ascending: false }],
    ['tags.tag1    DESC', { entity: 'tag', key: 'tag1', ascending: false }],
  ])('%s', (clause, expected) => expect(parseOrderBy([clause], 'runs')[0]).toMatchObject(expected));

  it.each([
    ['m.acc', 'Invalid entity type'],
    ['acc', 'Invalid attribute key'],
    ['attri.x', 'Invalid entity type'],
    ['`metrics.A', 'Invalid order_by clause'],
    ['attribute.start', 'Invalid attribute key'],
    ['metrics.A != 1', 'Invalid order_by clause'],
    ['attribute.run_id ACS', 'Invalid ordering key'],
    ['attribute.run_id decs', 'Invalid ordering key'],
    ['', 'Invalid order_by clause'],
    ['metrics.a DESC metrics.b', 'Invalid order_by clause'],
    ["metrics.a 'DESC'", 'Invalid order_by clause'],
    ['datasets.name', 'Invalid order_by entity'],
  ])('refuses %j', (clause, message) => {
    expect(faultOf(() => parseOrderBy([clause], 'runs'))).toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('knows the keys of other resources', () => {
    expect(parseOrderBy(['timestamp DESC', 'name'], 'models').map(({ key }) => key)).toEqual([
      'last_updated_timestamp',
      'name',
    ]);
    expect(parseOrderBy(['version_number DESC'], 'versions')[0]).toMatchObject({
      numeric: true,
      ascending: false,
    });
    expect(() => parseOrderBy(['tags.a'], 'models')).toThrow(/Invalid order_by entity/);
  });
});

describe('matchesFilter', () => {
  const row: Record<string, string | number | (string | null)[]> = {
    'metric.auc': 0.9,
    'param.model': 'Tree',
    'dataset.name': ['d1', 'd2'],
    'attribute.status': 'FINISHED',
    'attribute.start_time': 100,
  };
  const matches = (text: string) =>
    matchesFilter(parseFilter(text, 'runs', 200) as Filter, (entity, key) => row[`${entity}.${key}`]);

  it.each([
    ['metrics.auc > 0.8', true],
    ['metrics.auc > 0.95', false],
    ['metrics.loss != 1', false],
    ['NOT metrics.loss = 1', true],
    ["params.model LIKE 'T%'", true],
    ["params.model LIKE 't%'", false],
    ["params.model ILIKE 't___'", true],
    ["params.model MATCHES 'r.e'", true],
    ["datasets.name = 'd2'", true],
    ["datasets.name IN ('d3')", false],
    ['tags.x IS NULL', true],
    ['params.model IS NOT NULL', true],
    ["status NOT IN ('FAILED')", true],
    ["tags.x NOT IN ('a')", false],
    ['start_time > now() - 1s', true],
    ["metrics.auc < 0.5 OR params.model = 'Tree' AND status = 'FINISHED'", true],
  ])('%s is %s', (text, expected) => expect(matches(text)).toBe(expected));
});

describe('likeToRegExp', () => {
  it.each([
    ['a%', 'abc', true],
    ['a_c', 'abc', true],
    ['a_c', 'a😀c', true],
    ['%', '', true],
    ['a.c', 'abc', false],
    ['jamie-foo C+%', 'jamie-foo C+W bar', true],
    ['(%', '(x', true],
    ['A%', 'abc', false],
    ['%b', 'a\nb', true],
    ['b', 'abc', false],
    ['50\\%', '50\\x', true],
    ['[a]', '[a]', true],
  ])('%s on %j is %s', (pattern, text, expected) => expect(likeToRegExp(pattern).test(text)).toBe(expected));
});
