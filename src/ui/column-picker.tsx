import { Popover, TextInput } from '@mantine/core';
import { ArrowDown, ArrowUp, Columns3, Pin } from 'lucide-react';
import { useState } from 'react';
import type { DataColumn } from './data-column.ts';
import { type Arrangement, moved } from './table-arrangement.ts';

/** Columns that the table does not have yet: found on the server, by what a person types. */
export interface ColumnFinder {
  found: readonly { id: string; head: string; note?: string }[];
  onTerm: (term: string) => void;
  /** Makes it a column that is shown. */
  onAdd: (id: string) => void;
  searching: boolean;
}

export interface ColumnPickerProps<T> {
  columns: readonly DataColumn<T>[];
  hidden: readonly string[];
  onHidden: (hidden: string[]) => void;
  onlyDiffering: boolean;
  onOnlyDiffering: (on: boolean) => void;
  find?: ColumnFinder | undefined;
  /** Order and pins are offered when given. */
  arrangement?: Arrangement | undefined;
  onArrange: (change: (old: Arrangement) => Arrangement) => void;
}

/** Chooses which columns are shown and how, with a search over all of them; the first 200 matches are listed. */
export function ColumnPicker<T>(props: ColumnPickerProps<T>) {
  const { columns, hidden, onHidden, onlyDiffering, onOnlyDiffering, find } = props;
  const [term, setTerm] = useState('');
  const matches = columns.slice(1).filter((column) => column.head.toLowerCase().includes(term.toLowerCase()));
  const known = new Set(columns.map((column) => column.id));
  const found = (find?.found ?? []).filter((each) => !known.has(each.id)).slice(0, 200);
  const toggle = (id: string) =>
    onHidden(hidden.includes(id) ? hidden.filter((each) => each !== id) : [...hidden, id]);
  return (
    <Popover position="bottom-end" width={320} trapFocus returnFocus>
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
            onChange={(event) => {
              setTerm(event.currentTarget.value);
              find?.onTerm(event.currentTarget.value);
            }}
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
                {props.arrangement && !hidden.includes(column.id) ? (
                  <Arrange column={column} {...props} arrangement={props.arrangement} />
                ) : null}
              </li>
            ))}
            {found.map((each) => (
              <li key={each.id}>
                <label className="r-check">
                  <input type="checkbox" checked={false} onChange={() => find?.onAdd(each.id)} />
                  {each.head}
                </label>
                <span className="r-small">{each.note}</span>
              </li>
            ))}
          </ul>
          {matches.length > 200 || found.length === 200 ? (
            <p className="r-small">There are more; type to find them.</p>
          ) : null}
          {matches.length === 0 && found.length === 0 ? (
            <p className="r-small">{find?.searching ? 'Searching.' : 'No column is called like that.'}</p>
          ) : null}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Moves a column among those shown, and pins it to the left. */
function Arrange<T>({
  column,
  columns,
  hidden,
  arrangement,
  onArrange,
}: {
  column: DataColumn<T>;
  columns: readonly DataColumn<T>[];
  hidden: readonly string[];
  arrangement: Arrangement;
  onArrange: (change: (old: Arrangement) => Arrangement) => void;
}) {
  const { id, head } = column;
  const shown = columns
    .slice(1)
    .map((each) => each.id)
    .filter((each) => !hidden.includes(each));
  const pinned = arrangement.pinned.includes(id);
  const move = (by: -1 | 1) => onArrange((old) => ({ ...old, order: moved(shown, id, by) }));
  const pin = () =>
    onArrange((old) => ({
      ...old,
      pinned: pinned ? old.pinned.filter((each) => each !== id) : [...old.pinned, id],
    }));
  return (
    <span className="r-picker-arrange">
      <button
        type="button"
        className="r-iconbutton"
        aria-label={`${head} further left`}
        onClick={() => move(-1)}
      >
        <ArrowUp className="r-icon" />
      </button>
      <button
        type="button"
        className="r-iconbutton"
        aria-label={`${head} further right`}
        onClick={() => move(1)}
      >
        <ArrowDown className="r-icon" />
      </button>
      <button
        type="button"
        className="r-iconbutton"
        aria-label={`Pin ${head}`}
        aria-pressed={pinned}
        onClick={pin}
      >
        <Pin className="r-icon" />
      </button>
    </span>
  );
}
