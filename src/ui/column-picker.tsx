import { Popover, TextInput } from '@mantine/core';
import { Columns3 } from 'lucide-react';
import { useState } from 'react';
import type { DataColumn } from './data-column.ts';

export interface ColumnPickerProps<T> {
  columns: readonly DataColumn<T>[];
  hidden: readonly string[];
  onHidden: (hidden: string[]) => void;
  onlyDiffering: boolean;
  onOnlyDiffering: (on: boolean) => void;
}

/** Chooses which columns are shown, with a search over all of them; the first 200 matches are listed. */
export function ColumnPicker<T>({
  columns,
  hidden,
  onHidden,
  onlyDiffering,
  onOnlyDiffering,
}: ColumnPickerProps<T>) {
  const [term, setTerm] = useState('');
  const matches = columns.slice(1).filter((column) => column.head.toLowerCase().includes(term.toLowerCase()));
  const toggle = (id: string) =>
    onHidden(hidden.includes(id) ? hidden.filter((each) => each !== id) : [...hidden, id]);
  return (
    <Popover position="bottom-end" width={280} trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className="r-action">
          <Columns3 className="r-icon" />
          Columns{hidden.length ? ` ${columns.length - hidden.length} of ${columns.length}` : ''}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="r-picker">
          <TextInput
            aria-label="Find a column"
            placeholder="Find a column"
            value={term}
            data-autofocus
            onChange={(event) => setTerm(event.currentTarget.value)}
          />
          <label className="r-check">
            <input type="checkbox" checked={onlyDiffering} onChange={() => onOnlyDiffering(!onlyDiffering)} />
            Only differing
          </label>
          <ul className="r-picker-list">
            {matches.slice(0, 200).map((column) => (
              <li key={column.id}>
                <label className="r-check">
                  <input
                    type="checkbox"
                    checked={!hidden.includes(column.id)}
                    onChange={() => toggle(column.id)}
                  />
                  {column.head}
                </label>
              </li>
            ))}
          </ul>
          {matches.length > 200 ? (
            <p className="r-small">{matches.length - 200} more; type to find them.</p>
          ) : null}
          {matches.length === 0 ? <p className="r-small">No column is called like that.</p> : null}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
