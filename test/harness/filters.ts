import fc from 'fast-check';
import type { Comparator, Comparison, Entity, Filter } from '../../src/lib/search/filter.ts';
import {
  ENTITY_KEYS,
  NUMBER_COMPARATORS,
  RESOURCES,
  type SearchResource,
  TEXT_COMPARATORS,
} from '../../src/lib/search/resources.ts';

/** What the parts of a drawn filter are made of. */
export interface Alphabet {
  key: fc.Arbitrary<string>;
  text: fc.Arbitrary<string>;
  number: fc.Arbitrary<number>;
  pattern: fc.Arbitrary<string>;
}

/** Filters of a resource: every entity, attribute and comparator that its table has, joined in every way. */
export function filtersOf(resource: SearchResource, alphabet: Alphabet): fc.Arbitrary<Filter> {
  const { attributes, entities } = RESOURCES[resource];
  const kinds = [...new Set(Object.values(entities))].filter((entity) => entity !== 'attribute');
  const fields = [
    ...Object.entries(attributes).map(([key, { type }]) =>
      comparisonsOf('attribute', fc.constant(key), type !== 'text', alphabet),
    ),
    ...kinds.map((entity) =>
      comparisonsOf(
        entity,
        ENTITY_KEYS[entity] ? fc.constantFrom(...ENTITY_KEYS[entity]) : alphabet.key,
        entity === 'metric',
        alphabet,
      ),
    ),
  ];
  const comparison = fc.oneof(...fields);
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      comparison,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        items: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), item: tie('filter') }),
    ),
  })).filter;
}

function comparisonsOf(
  entity: Entity,
  key: fc.Arbitrary<string>,
  numeric: boolean,
  { text, number, pattern }: Alphabet,
): fc.Arbitrary<Comparison> {
  const valueOf = (comparator: Comparator): fc.Arbitrary<Comparison['value']> => {
    if (comparator.startsWith('IS ')) return fc.constant(null);
    if (comparator === 'MATCHES') return pattern;
    if (comparator.endsWith('IN'))
      return numeric
        ? fc.array(number, { minLength: 1, maxLength: 3 })
        : fc.array(text, { minLength: 1, maxLength: 3 });
    return numeric ? number : text;
  };
  return fc.constantFrom(...(numeric ? NUMBER_COMPARATORS : TEXT_COMPARATORS)).chain((comparator) =>
    fc.record({
      kind: fc.constant('comparison' as const),
      entity: fc.constant(entity),
      key,
      numeric: fc.constant(numeric),
      comparator: fc.constant(comparator),
      value: valueOf(comparator),
    }),
  );
}
