import type { PaletteEntry, PaletteKind } from '../ui/palette-entries.ts';

const KIND_ORDER: readonly PaletteKind[] = ['action', 'object', 'page', 'setting', 'person', 'help'];

/** The entries that answer a query, best first. `>` asks for actions only, `@` for people. */
export function rankPalette(entries: readonly PaletteEntry[], query: string, most = 20): PaletteEntry[] {
  const sign = query.trimStart()[0];
  const only: PaletteKind | undefined = sign === '>' ? 'action' : sign === '@' ? 'person' : undefined;
  const term = (only ? query.trimStart().slice(1) : query).trim().toLowerCase();
  const pool = only ? entries.filter((entry) => entry.kind === only) : entries;
  return pool
    .map((entry, index) => ({ entry, index, score: scoreEntry(entry, term) }))
    .filter((each) => each.score > 0)
    .sort(
      (a, b) =>
        b.score - a.score ||
        KIND_ORDER.indexOf(a.entry.kind) - KIND_ORDER.indexOf(b.entry.kind) ||
        a.index - b.index,
    )
    .slice(0, most)
    .map((each) => each.entry);
}

/** 0 when the entry does not answer; higher is better: whole, start, start of a word, inside, letters in order. */
export function scoreEntry(entry: PaletteEntry, term: string): number {
  if (!term) return 1;
  const label = entry.label.toLowerCase();
  if (label === term || entry.words?.some((word) => word.toLowerCase() === term)) return 100;
  if (label.startsWith(term)) return 80;
  if (wordStarts(label, term)) return 60;
  if (term.length >= 4 && entry.words?.some((word) => word.toLowerCase().startsWith(term))) return 55;
  if (label.includes(term)) return 40;
  if (entry.note?.toLowerCase().includes(term)) return 20;
  return inOrder(label, term) ? 10 : 0;
}

const wordStarts = (label: string, term: string) =>
  label.split(/[\s\-_/.,]+/).some((_word, index, words) => words.slice(index).join(' ').startsWith(term));

function inOrder(label: string, term: string): boolean {
  let at = 0;
  for (const letter of label) if (letter === term[at]) at++;
  return at === term.length;
}
