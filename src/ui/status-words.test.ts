import { expect, it } from 'vitest';
import { fromMlflow, fromMonitor, fromState, STATUS } from './status-words.ts';

it('maps the run states of MLflow', () => {
  expect(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED', 'NEW'].map(fromMlflow)).toEqual([
    'Running',
    'Queued',
    'Done',
    'Failed',
    'Cancelled',
    'No data',
  ]);
});

it('maps the states of a monitor', () => {
  expect(
    ['healthy', 'pending', 'alert', 'recovering', 'no_data', 'failed', 'No data'].map(fromMonitor),
  ).toEqual(['Healthy', 'Pending', 'Alert', 'Recovering', 'No data', 'Failed', 'No data']);
});

it('finds a word in the spelling of the store', () => {
  expect(fromState('needs_you')).toBe('Needs you');
  expect(fromState('skipped')).toBe('Skipped');
  expect(fromState('nonsense')).toBeUndefined();
});

it('gives words of different tone different shapes, so that they differ in black and white', () => {
  const tones = new Map<string, Set<string>>();
  for (const { shape, tone } of Object.values(STATUS))
    tones.set(shape, (tones.get(shape) ?? new Set()).add(tone));
  expect([...tones.values()].every((set) => set.size === 1)).toBe(true);
});
