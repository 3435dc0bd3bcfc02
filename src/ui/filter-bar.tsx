import { CircleAlert, Search, X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

export interface Suggestion {
  /** Replaces the word under the caret. */
  text: string;
  /** What it is, or how many rows have it. */
  note?: string;
}

export interface FilterBarProps {
  /** The expression, for example `metrics.auc > 0.9 and tags.team = "ops"`. */
  value: string;
  /** Called 300 ms after the last key, and at once on Enter or a chip. */
  onChange: (value: string) => void;
  placeholder?: string;
  label?: string;
  /** Where the expression is wrong; `at` is the index of the character. */
  error?: { at: number; message: string };
  suggest?: (word: string) => readonly Suggestion[];
  /** Told what stands before the caret while somebody types, so that `offers` can come from the server. */
  onTyping?: (before: string) => void;
  /** What may stand in place of the text from `from` up to the caret. */
  offers?: { from: number; items: readonly Suggestion[] } | undefined;
  /** "1,204 of 48,210". */
  count?: ReactNode;
  /** Ready-made terms; a click adds or removes one. */
  chips?: readonly { label: string; term: string }[];
}

/** One expression, edited as text and as chips. `/` focuses it. */
export function FilterBar(props: FilterBarProps) {
  const { value, onChange, placeholder = 'Filter', label = 'Filter', error, count, chips = [] } = props;
  const [text, setText] = useState(value);
  const [picked, setPicked] = useState(-1);
  const [focused, setFocused] = useState(false);
  /** An offer was taken whole: nothing more is offered until somebody types on. */
  const [taken, setTaken] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 300);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  const word = /[^\s()]*$/.exec(text)?.[0] ?? '';
  const given = props.offers?.items ?? (word && props.suggest ? props.suggest(word) : []);
  const offers = focused && !taken ? given.slice(0, 8) : [];
  const type = (next: string, caret = next.length) => {
    setText(next);
    setPicked(-1);
    props.onTyping?.(next.slice(0, caret));
  };
  const take = (offer: Suggestion) => {
    const caret = field.current?.selectionStart ?? text.length;
    const from = props.offers?.from ?? text.length - word.length;
    const before = text.slice(0, from) + offer.text;
    type(before + text.slice(props.offers ? caret : text.length), before.length);
    setTaken(!/[.\s(]$/.test(offer.text));
  };
  const put = (next: string) => {
    setText(next);
    onChange(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = offers[picked];
    if (event.key === 'ArrowDown' && offers.length) setPicked((picked + 1) % offers.length);
    else if (event.key === 'ArrowUp' && offers.length)
      setPicked((picked - 1 + offers.length) % offers.length);
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen) take(chosen);
    else if (event.key === 'Enter') onChange(text);
    else if (event.key === 'Escape' && offers.length) setTaken(true);
    else if (event.key === 'Escape') event.currentTarget.blur();
    else return;
    if (event.key !== 'Tab' || chosen) event.preventDefault();
  };
  return (
    <div className="r-filter">
      <div className="r-filter-field" data-wrong={error ? true : undefined}>
        <Search className="r-icon" aria-hidden />
        <input
          ref={field}
          type="text"
          role="combobox"
          data-filter
          aria-label={label}
          aria-expanded={offers.length > 0}
          aria-controls={`${id}-offers`}
          aria-activedescendant={picked >= 0 ? `${id}-${picked}` : undefined}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          value={text}
          onChange={({ currentTarget: { value: next, selectionStart } }) => {
            setTaken(false);
            type(next, selectionStart ?? next.length);
          }}
          onKeyDown={onKeyDown}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
        />
        {text ? (
          <button
            type="button"
            className="r-iconbutton"
            aria-label="Clear the filter"
            onClick={() => put('')}
          >
            <X className="r-icon" />
          </button>
        ) : (
          <kbd className="r-kbd">/</kbd>
        )}
        {offers.length ? (
          <ul className="r-offers" id={`${id}-offers`} role="listbox">
            {offers.map((offer, index) => (
              <li
                key={offer.text}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === picked}
                onMouseDown={(event) => {
                  event.preventDefault();
                  take(offer);
                }}
              >
                <code className="r-code">{offer.text}</code>
                <span className="r-small">{offer.note}</span>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      {chips.map((chip) => {
        const on = text.includes(chip.term);
        return (
          <button
            key={chip.term}
            type="button"
            className="r-chip"
            aria-pressed={on}
            onClick={() => put(on ? withoutTerm(text, chip.term) : withTerm(text, chip.term))}
          >
            {chip.label}
          </button>
        );
      })}
      {count ? <span className="r-small r-filter-count">{count}</span> : null}
      {error ? (
        <p className="r-filter-error" id={`${id}-error`}>
          <code className="r-code" aria-hidden>
            {text.slice(0, error.at)}
            <mark>{text.slice(error.at, error.at + 1) || ' '}</mark>
            {text.slice(error.at + 1)}
          </code>
          <span>
            <CircleAlert className="r-icon" aria-hidden /> {error.message}
          </span>
        </p>
      ) : null}
    </div>
  );
}

/** The expression with one more term, joined by "and". */
export const withTerm = (text: string, term: string) => (text.trim() ? `${text.trim()} and ${term}` : term);

/** The expression without that term and without the "and" that joined it. */
export function withoutTerm(text: string, term: string): string {
  const parts = text.split(/\s+and\s+/i).filter((part) => part.trim() !== term);
  return parts.join(' and ').trim();
}
