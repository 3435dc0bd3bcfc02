import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { ColumnProfile, Dataset } from '../schema.ts';
import { checksText, checksWord, datasetsLead, sharesOf } from './dataset-words.ts';

const checks = { passed: 8, failed: 0, warned: 0, skipped: 1 };

it('tells checks that passed from checks that never ran', () => {
  expect(checksWord(null)).toBe('No data');
  expect(checksText(null)).toBe('not checked');
  expect(checksText(checks)).toBe('8 of 8 checks passed');
  expect(checksWord({ ...checks, warned: 1 })).toBe('Warning');
  expect(checksWord({ ...checks, failed: 1, warned: 1 })).toBe('Failed');
});

it('names the datasets that fail', () => {
  const good = { name: 'flights', latest: { rows: 1000, validation: checks } } as Dataset;
  const bad = { name: 'weather', latest: { rows: 10, validation: { ...checks, failed: 2 } } } as Dataset;
  expect(lead(...datasetsLead('p', [good])).text).toBe(
    '1 dataset holds 1,000 rows in its latest version. No check fails on any of them.',
  );
  expect(lead(...datasetsLead('p', [good, bad])).text).toContain('Checks fail on weather.');
});

it('makes shares of counts, and nothing of nested values', () => {
  const column = { histogram: { counts: [1, 3] }, span: null } as unknown as ColumnProfile;
  expect(sharesOf(column)).toEqual([0.25, 0.75]);
  expect(sharesOf({ ...column, histogram: null })).toBeUndefined();
});
