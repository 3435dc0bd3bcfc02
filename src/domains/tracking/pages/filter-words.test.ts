import { expect, it } from 'vitest';
import { parseFilter } from '../../../lib/search/parse.ts';
import { keyText, valueText, writingAt } from './filter-words.ts';

it('knows what is being written', () => {
  expect(writingAt('')).toEqual({ what: 'kind', from: 0, term: '' });
  expect(writingAt('met')).toEqual({ what: 'kind', from: 0, term: 'met' });
  expect(writingAt('status = 1 and (par')).toEqual({ what: 'kind', from: 16, term: 'par' });
  expect(writingAt('metrics.lo')).toEqual({ what: 'key', kind: 'metrics', from: 8, term: 'lo' });
  expect(writingAt('not tags.`mlflow.u')).toEqual({ what: 'key', kind: 'tags', from: 9, term: 'mlflow.u' });
  expect(writingAt("params.lr = '0.")).toEqual({
    what: 'value',
    kind: 'params',
    key: 'lr',
    from: 12,
    term: '0.',
  });
  expect(writingAt("tags.`a b` IN ('x', 'y")).toEqual({
    what: 'value',
    kind: 'tags',
    key: 'a b',
    from: 20,
    term: 'y',
  });
  expect(writingAt("status = 'F")).toMatchObject({
    what: 'value',
    kind: 'attributes',
    key: 'status',
    term: 'F',
  });
});

it('offers nothing where a number, an operator or the rest of a finished text stands', () => {
  for (const text of [
    'metrics.loss ',
    'metrics.loss < 0.4',
    "params.a = 'b'",
    'metrics.loss <',
    "run_name = 'x and me",
  ])
    expect([text, writingAt(text)?.what ?? null]).toEqual([text, text.includes("'x and") ? 'value' : null]);
});

it('writes keys and values so that the grammar reads them back', () => {
  for (const key of ['plain', 'a b', 'a.b/c', 'back`tick'])
    for (const value of ['x', "it's", ''])
      expect(parseFilter(`params.${keyText(key)} = ${valueText(value)}`, 'runs')).toMatchObject({
        key,
        value,
      });
});
