import { expect, it } from 'vitest';
import { chosenStep, resourcesText, shownValue, stateCounts, stepName } from './step-words.ts';

const step = (
  node: string,
  state: 'done' | 'failed' | 'running' | 'reused',
  map_index: number | null = null,
) => ({
  node,
  state,
  map_index,
});
const steps = [
  step('import', 'reused'),
  step('train', 'done', 0),
  step('train', 'failed', 1),
  step('judge', 'done'),
];

it('opens at the part of a map that is named, at what failed in a node, else at what failed', () => {
  const named = (wanted: string | undefined) => stepName(chosenStep(steps, wanted) ?? step('none', 'done'));
  expect(named('train[0]')).toBe('train[0]');
  expect(named('train')).toBe('train[1]');
  expect(named('judge')).toBe('judge');
  expect(named('gone')).toBe('train[1]');
  expect(chosenStep([], undefined)).toBeUndefined();
  expect(chosenStep([step('a', 'done'), step('b', 'done')], undefined)?.node).toBe('b');
});

it('counts states, what went wrong first', () => {
  expect(stateCounts(steps)).toEqual([
    ['Failed', 1],
    ['Done', 2],
    ['Reused', 1],
  ]);
});

it('tells models, datasets and files from other values', () => {
  expect(shownValue({ name: 'late', version: 2 })).toMatchObject({ kind: 'model', text: 'late v2' });
  expect(shownValue({ name: 'rows', version: '3', digest: null })).toMatchObject({
    kind: 'dataset',
    text: 'rows v3',
    digest: null,
  });
  expect(shownValue({ digest: 'ab', size: 3, name: 'a.csv' })).toMatchObject({ kind: 'file', size: 3 });
  expect(shownValue({ name: 'late', version: 2, rows: 3 })).toMatchObject({ kind: 'text' });
  expect(shownValue('x'.repeat(300))).toMatchObject({ text: `${'x'.repeat(240)}…` });
  expect(shownValue(null)).toEqual({ kind: 'text', text: 'null' });
});

it('says only what a step asks for', () => {
  expect(resourcesText({ cpu: 1, memory_mb: null, gpu: 0 })).toBe('1 cpu');
  expect(resourcesText({ cpu: 2, memory_mb: 512, gpu: 1 })).toBe('2 cpu, 512 MB, 1 gpu');
  expect(resourcesText({})).toBeUndefined();
});
