import { createContext, useContext } from 'react';
import type { StatusWord } from '../ui/status-words.ts';
import type { PaletteEntry } from '../ui/palette-entries.ts';

export interface ProjectLine {
  name: string;
  /** Live version and maturity level, with its name, in words. */
  note?: string;
  /** Its worst state. */
  word?: StatusWord;
}

/** What the frame shows from the server; empty until the first answer. */
export interface ShellData {
  projects: readonly ProjectLine[];
  /** Per navigation page: how many things there need a person or are broken. */
  counts: Readonly<Record<string, number>>;
  inbox: number;
  user?: string;
  /** The event clock of the project, milliseconds, when it is more than a day from the wall clock. */
  eventNow?: number;
  /** Objects the palette finds from memory. */
  objects: readonly PaletteEntry[];
}

const EMPTY: ShellData = { projects: [], counts: {}, inbox: 0, objects: [] };

/** Given by whoever asks the server; the frame itself has no data access. */
export const ShellContext = createContext<ShellData>(EMPTY);

export const useShellData = () => useContext(ShellContext);
