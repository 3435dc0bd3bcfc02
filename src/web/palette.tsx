import { Modal } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react';
import type { PaletteEntry } from '../ui/palette-entries.ts';
import { rankPalette } from './palette-rank.ts';
import { usePaletteSearch } from './palette-search.ts';

export interface PaletteProps {
  opened: boolean;
  onClose: () => void;
  entries: readonly PaletteEntry[];
}

/** One field over actions, objects, pages, settings and help. `>` actions only, `@` people. */
export function Palette({ opened, onClose, entries }: PaletteProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      size={600}
      padding={0}
      yOffset="12vh"
      centered={false}
      title={undefined}
    >
      {opened ? <Field entries={entries} onClose={onClose} /> : null}
    </Modal>
  );
}

function Field({ entries, onClose }: Omit<PaletteProps, 'opened'>) {
  const router = useRouter();
  const id = useId();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const answers = usePaletteSearch(query);
  const found = useMemo(() => rankPalette([...entries, ...answers], query), [entries, answers, query]);
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [at, id]);
  const take = (entry: PaletteEntry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run?.();
    if (entry.href) router.history.push(entry.href);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter') take(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="r-palette">
      <input
        role="combobox"
        aria-label="Search or jump"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={found.length ? `${id}-${at}` : undefined}
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        placeholder="Search or jump"
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Answers">
        {found.map((entry, index) => (
          <li
            key={`${entry.kind}${entry.id}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => index !== at && setAt(index)}
            onClick={() => take(entry)}
          >
            <span className="r-palette-label">{entry.label}</span>
            <span className="r-small">{entry.note ?? entry.kind}</span>
            {entry.keys ? <kbd className="r-kbd">{entry.keys}</kbd> : null}
          </li>
        ))}
      </ul>
      {found.length === 0 ? (
        <p className="r-palette-none">
          Nothing here answers to {'\u201c'}
          {query}
          {'\u201d'}.
        </p>
      ) : null}
      <p className="r-palette-foot r-small">
        <kbd className="r-kbd">&gt;</kbd> actions only <kbd className="r-kbd">@</kbd> people{' '}
        <kbd className="r-kbd">Esc</kbd> closes
      </p>
    </div>
  );
}
