import { expect, it } from 'vitest';
import { SECTIONS } from '../schema.ts';
import { foundText, SECTION_PAGES } from './maturity-words.ts';

it('says what was found beside what is needed', () => {
  expect(foundText({ found: 12, total: 14, needed: { kind: 'share', at_least: 0.9 } })).toBe(
    '12 of 14, at least 90%',
  );
  expect(foundText({ found: 0, total: null, needed: { kind: 'count', at_least: 1 } })).toBe('0, at least 1');
  expect(foundText({ found: null, total: null, needed: { kind: 'value', at_least: 0.5 } })).toBe(
    'nothing, at least 0.5',
  );
});

it('knows a page for every next step', () => {
  for (const section of SECTIONS) expect(SECTION_PAGES[section]).toBeTruthy();
});
