import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { NOW } from './corpus.golden.ts';
import type { Filter } from './filter.ts';
import { parseFilter } from './parse.ts';
import type { SearchResource } from './resources.ts';

/**
 * A line of `corpus.golden.jsonl`. What a filter means was written down together with its text, not read from this parser; `mlflow`
 * is what the stores of MLflow 3.17.2 did with it, and where they accepted it, their tree was the same.
 */
interface Line {
  on: SearchResource;
  filter: string;
  /** `[entity, key, comparator, value]`, `['and' | 'or', …]`, `['not', …]`; null for everything. */
  tree?: Tree;
  /** Part of the refusal, and the character it points at. */
  error?: string;
  at?: number;
  mlflow: 'accepts' | 'refuses';
  /** Why MLflow decides otherwise, or means something else: words of `WHY`. */
  why?: string;
}
type Tree = readonly unknown[] | null;

const WHY: Readonly<Record<string, string>> = {
  // Rondo takes more.
  or: 'OR',
  not: 'NOT (…)',
  parens: 'parentheses',
  regex: 'MATCHES and RLIKE',
  now: 'now() with a span of time',
  date: 'a date in quotes for a time',
  null: 'IS NULL for everything',
  list: 'IN for everything, and lists of numbers',
  prefix:
    'one way to write an entity for all resources: attribute., attributes., attr., with quotes or without',
  attribute: 'all times of a model, version and logged model under all of their names',
  'id-text': 'the id of an experiment is a text as others are',
  case: 'comparators of experiments in lower case',
  dash: 'a dash in a key without quotes',
  fraction: 'any number is compared with the number of a version',
  'not-equal': '<> for !=',
  blank: 'a filter of blanks is none',
  'bare-word': 'every word without quotes is a text of logged models, TRUE too',
  // Rondo means what was meant.
  'double-quotes':
    'MLflow takes double quotes as part of a text or key of logged models, so such a filter finds nothing',
  'doubled-quotes': 'a doubled quote inside quotes stands for one; MLflow keeps both',
  // MLflow takes more, by accident of the languages below it.
  'empty-key': 'a tag without a key: no such tag can be',
  concatenation: "('a' 'b') is ('ab') in Python",
  ticked: 'a text in backticks, taken with them',
  'python-number': '1_000 and NaN are numbers in Python; nothing is more than NaN',
  'empty-list': 'IN () for logged models only: finds nothing',
  chain: 'what follows a comparison of logged models is dropped',
  crash: 'MLflow answers 500',
};

const LINES = readFileSync(new URL('./corpus.golden.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);

const treeOf = (filter: Filter | undefined): Tree => {
  if (!filter) return null;
  if (filter.kind === 'not') return ['not', treeOf(filter.item)];
  if (filter.kind !== 'comparison') return [filter.kind, ...filter.items.map(treeOf)];
  return [filter.entity, filter.key, filter.comparator, filter.value];
};

function outcomeOf({ on, filter }: Line): Pick<Line, 'tree' | 'error' | 'at'> {
  try {
    return { tree: treeOf(parseFilter(filter, on, NOW)) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { error: error.message, at: (error.details as { position: number }).position };
  }
}

const RESOURCES = [...new Set(LINES.map((line) => line.on))];

describe('the corpus', () => {
  it('is large, of all resources, and says each thing once', () => {
    expect(new Set(LINES.map(({ on, filter }) => `${on} ${filter}`)).size).toBe(LINES.length);
    expect(RESOURCES).toEqual(
      expect.arrayContaining(['experiments', 'logged-models', 'models', 'runs', 'versions']),
    );
    expect(LINES.filter((line) => line.tree !== undefined).length).toBeGreaterThan(1000);
    expect(LINES.filter((line) => line.error !== undefined).length).toBeGreaterThan(800);
  });

  it.each(RESOURCES)('is read as it was meant: %s', (resource) => {
    const wrong = LINES.filter((line) => line.on === resource && line.tree !== undefined)
      .map((line) => ({ filter: line.filter, wanted: { tree: line.tree }, found: outcomeOf(line) }))
      .filter(({ wanted, found }) => JSON.stringify(wanted) !== JSON.stringify(found));
    expect(wrong).toEqual([]);
  });

  it.each(RESOURCES)('is refused with the reason and the place: %s', (resource) => {
    const wrong = LINES.filter((line) => line.on === resource && line.error !== undefined)
      .map((line) => ({ line, found: outcomeOf(line) }))
      .filter(({ line, found }) => !(found.error?.includes(line.error ?? '') && found.at === line.at));
    expect(wrong).toEqual([]);
  });

  it('says why wherever MLflow decides otherwise', () => {
    const unexplained = LINES.filter((line) => {
      const differs = (line.tree !== undefined) !== (line.mlflow === 'accepts');
      const reasons = line.why?.split(' ') ?? [];
      return (differs && reasons.length === 0) || reasons.some((reason) => !Object.hasOwn(WHY, reason));
    });
    expect(unexplained).toEqual([]);
    const used = new Set(LINES.flatMap((line) => line.why?.split(' ') ?? []));
    expect(Object.keys(WHY).filter((reason) => !used.has(reason))).toEqual([]);
  });
});
