import { expect, it } from 'vitest';
import type { PaletteEntry } from '../ui/palette-entries.ts';
import { rankPalette, scoreEntry } from './palette-rank.ts';

const entries: PaletteEntry[] = [
  { id: 'monitors', kind: 'page', label: 'Monitors' },
  { id: 'models', kind: 'page', label: 'Models' },
  {
    id: 'fd',
    kind: 'object',
    label: 'flight-delay',
    note: 'model',
    words: ['sha256:91be4407cd10', 'rondo:model/flight-delay'],
  },
  { id: 'promote', kind: 'action', label: 'Promote v3 to staging' },
  { id: 'ana', kind: 'person', label: 'Ana Lopes' },
];
const ids = (query: string) => rankPalette(entries, query).map((entry) => entry.id);

it('opens a pasted digest or URN as the first answer', () => {
  expect(ids('sha256:91be4407cd10')[0]).toBe('fd');
  expect(ids('RONDO:model/flight-delay')[0]).toBe('fd');
});

it('ranks the start before the inside before letters in order', () => {
  expect(ids('mo')[0]).toBe('monitors');
  expect(ids('delay')[0]).toBe('fd');
  expect(ids('prst')).toEqual(['promote']);
  expect(scoreEntry(entries[1]!, 'models')).toBeGreaterThan(scoreEntry(entries[1]!, 'mod'));
});

it('keeps to actions after > and to people after @', () => {
  expect(ids('>')).toEqual(['promote']);
  expect(ids('@an')).toEqual(['ana']);
  expect(ids('> models')).toEqual([]);
});

it('offers everything, actions first, before a letter is typed', () => {
  expect(ids('')).toEqual(['promote', 'fd', 'monitors', 'models', 'ana']);
});
