import fc from 'fast-check';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../test/harness/database.ts';
import { filtersOf } from '../../test/harness/filters.ts';
import { type Entity, type FieldValue, matchesFilter, printFilter } from '../lib/search/filter.ts';
import { RESOURCES } from '../lib/search/resources.ts';
import { filterSql, type SearchFields } from './search.ts';

const ROWS = 60;
const ROUNDS = 5;
const FILTERS = 120;

const keys = ['k', 'a.b', "it's `x`"];
const texts = ['', 'a', 'A', 'ab', 'Ab%', 'a_b', '%', '_', '10', 'a\\b', 'x\ny', 'é', 'É', "'", '😀b', '\\'];
const numbers = [-1.5, 0, 1, 2.5, 1e300, -1e300, 1e-9, 2 ** 53, 1_700_000_000_000];
const ATTRIBUTES = Object.entries(RESOURCES.runs.attributes);
const pattern = (piece: fc.Arbitrary<string>) =>
  fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''));

const alphabet = {
  key: fc.constantFrom(...keys),
  text: fc.oneof(
    fc.constantFrom(...texts),
    pattern(fc.constantFrom('a', 'b', 'A', 'é', '%', '_', '\\', '1')),
  ),
  number: fc.constantFrom(...numbers),
  // What RE2, JavaScript and PostgreSQL read alike.
  pattern: pattern(fc.constantFrom('a', 'b', '[^a]', '^', '(a|b)', 'x*', '1+', 'A?', '.', '\\b', '\\w')),
};

interface Row {
  attributes: Record<string, string | number | null>;
  /** Of an entity and key: at most one, but for datasets. */
  values: { entity: Entity; key: string; value: string | number }[];
}

const many = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 4 });
const textValue = fc.constantFrom(...texts);
const numberValue = fc.constantFrom(...numbers);
const row: fc.Arbitrary<Row> = fc.record({
  attributes: fc.record(
    Object.fromEntries(
      ATTRIBUTES.map(([key, { type }]) => [
        key,
        type === 'text' ? fc.option(textValue) : fc.option(fc.constantFrom(0, 1, 1_700_000_000_000, 2 ** 53)),
      ]),
    ),
  ),
  values: fc
    .tuple(
      many(
        fc.record({ entity: fc.constantFrom<Entity>('tag', 'param'), key: alphabet.key, value: textValue }),
      ),
      many(fc.record({ entity: fc.constant<Entity>('metric'), key: alphabet.key, value: numberValue })),
      many(
        fc.record({
          entity: fc.constant<Entity>('dataset'),
          key: fc.constantFrom('name', 'digest', 'context'),
          value: textValue,
        }),
      ),
    )
    .map(([words, metrics, datasets]) => {
      const single = new Map([...words, ...metrics].map((each) => [`${each.entity} ${each.key}`, each]));
      return [...single.values(), ...datasets];
    }),
});

const read =
  ({ attributes, values }: Row) =>
  (entity: Entity, key: string): FieldValue | FieldValue[] =>
    entity === 'attribute'
      ? attributes[key]
      : values.filter((each) => each.entity === entity && each.key === key).map(({ value }) => value);

const fields: SearchFields = {
  attribute: (key) => sql.ref(`searched.${key}`),
  some(entity, key, holds) {
    const value = sql.ref(entity === 'metric' ? 'v.number' : 'v.words');
    const test = holds ? sql` and ${holds(value)}` : sql``;
    return sql`(exists (select 1 from searched_values v where v.row = searched.id and v.entity = ${entity} and v.key = ${key}${test}))`;
  },
};

describe.each(ENGINES)('filters as SQL on %s', (engine) => {
  let test: TestDatabase;
  const run = (query: RawBuilder<unknown>) => test.database.write((tx) => query.execute(tx));
  beforeAll(async () => {
    test = await testDatabase(engine);
    const columns = ATTRIBUTES.map(
      ([key, { type }]) => sql`${sql.ref(key)} ${sql.raw(type === 'text' ? 'text' : 'bigint')}`,
    );
    await run(sql`create table searched (id bigint primary key, ${sql.join(columns)})`);
    await run(
      sql`create table searched_values (row bigint, entity text, key text, words text, number double precision)`,
    );
  });
  afterAll(() => test.end());

  async function fill(rows: readonly Row[]): Promise<void> {
    await run(sql`delete from searched`);
    await run(sql`delete from searched_values`);
    for (const [id, { attributes, values }] of rows.entries()) {
      const names = ATTRIBUTES.map(([key]) => sql.ref(key));
      const given = ATTRIBUTES.map(([key]) => sql`${attributes[key] ?? null}`);
      await run(sql`insert into searched (id, ${sql.join(names)}) values (${id}, ${sql.join(given)})`);
      for (const { entity, key, value } of values) {
        const [words, number] = typeof value === 'string' ? [value, null] : [null, value];
        await run(sql`insert into searched_values values (${id}, ${entity}, ${key}, ${words}, ${number})`);
      }
    }
  }

  it('find the rows that match them in memory', async () => {
    let found = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const rows = fc.sample(row, { numRuns: ROWS, seed: round });
      await fill(rows);
      await fc.assert(
        fc.asyncProperty(filtersOf('runs', alphabet), async (filter) => {
          const expected = rows.flatMap((each, id) => (matchesFilter(filter, read(each)) ? [id] : []));
          const { rows: got } = await sql<{ id: number }>`
            select id from searched where ${filterSql(filter, fields, engine)} order by id`.execute(
            test.database.read,
          );
          found += got.length;
          expect(
            got.map(({ id }) => Number(id)),
            printFilter(filter),
          ).toEqual(expected);
        }),
        { numRuns: FILTERS },
      );
    }
    // Filters that find nothing or everything would prove little.
    expect(found).toBeGreaterThan(ROUNDS * FILTERS * ROWS * 0.1);
    expect(found).toBeLessThan(ROUNDS * FILTERS * ROWS * 0.9);
  });
});
