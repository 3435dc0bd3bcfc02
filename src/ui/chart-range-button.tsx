import { Popover, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Action } from './action.tsx';
import type { ChartEnds } from './chart-range.ts';

export interface RangeButtonProps {
  metric: string;
  ends: ChartEnds;
  onChange: (ends: ChartEnds) => void;
}

/** The ends of y of one chart, typed; an empty end follows the data. */
export function RangeButton({ metric, ends, onChange }: RangeButtonProps) {
  const [open, setOpen] = useState(false);
  const typed = ends.min !== undefined || ends.max !== undefined;
  const change = (next: ChartEnds) => {
    setOpen(false);
    onChange(next);
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <button
          type="button"
          className="r-link"
          aria-label={`Range of ${metric}`}
          data-on={typed || undefined}
          onClick={() => setOpen(!open)}
        >
          Range
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <RangeForm metric={metric} ends={ends} onChange={change} />
      </Popover.Dropdown>
    </Popover>
  );
}

function RangeForm({ metric, ends, onChange }: RangeButtonProps) {
  const [from, setFrom] = useState(textOf(ends.min));
  const [to, setTo] = useState(textOf(ends.max));
  const [min, max] = [endOf(from), endOf(to)];
  const turned = typeof min === 'number' && typeof max === 'number' && min >= max;
  const faults = [
    min === null ? NO_NUMBER : undefined,
    max === null ? NO_NUMBER : turned ? 'This end has to be above the other.' : undefined,
  ];
  const wrong = faults.find((fault) => fault !== undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (min !== null && max !== null && !turned) onChange({ min, max });
  };
  const field = { placeholder: 'follows the data', inputMode: 'decimal', autoComplete: 'off' } as const;
  return (
    <form className="r-range-form" aria-label={`Range of ${metric}`} onSubmit={submit}>
      <TextInput
        label="From"
        value={from}
        error={faults[0]}
        onChange={(event) => setFrom(event.currentTarget.value)}
        data-autofocus
        {...field}
      />
      <TextInput
        label="To"
        value={to}
        error={faults[1]}
        onChange={(event) => setTo(event.currentTarget.value)}
        {...field}
      />
      <div className="r-row">
        <Action kind="primary" submit because={wrong}>
          Show range
        </Action>
        <Action onClick={() => onChange({})}>Show all</Action>
      </div>
    </form>
  );
}

const NO_NUMBER = 'This is no number.';
const textOf = (end: number | undefined): string => (end === undefined ? '' : String(end));

/** Undefined where nothing is typed, null where it is no number. */
function endOf(typed: string): number | undefined | null {
  if (typed.trim() === '') return undefined;
  const value = Number(typed.trim().replace('\u2212', '-'));
  return Number.isFinite(value) ? value : null;
}
