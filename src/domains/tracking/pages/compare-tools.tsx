import { Select } from '@mantine/core';
import { useState } from 'react';
import { usePlace } from '../../../ui/place.ts';
import { type At, atText, type ComparedRun, type Dimension } from './compared-runs.ts';

const KINDS: readonly (readonly [At['kind'], string])[] = [
  ['last', 'Last value'],
  ['best', 'Best value'],
  ['lowest', 'Lowest value'],
  ['highest', 'Highest value'],
  ['step', 'Value at a step'],
];

/** Which of a metric's points the whole page compares. */
export function AtChooser({ at, lastStep }: { at: At; lastStep: number }) {
  const { setSearch } = usePlace();
  const [typed, setTyped] = useState<string>();
  const stepped = at.kind === 'step' ? at.step : undefined;
  return (
    <>
      <label className="r-check">
        Metrics by
        <select
          className="r-select"
          value={at.kind}
          onChange={(event) => {
            const kind = event.currentTarget.value as At['kind'];
            setTyped(undefined);
            setSearch({ at: atText(kind === 'step' ? { kind, step: lastStep } : { kind }) });
          }}
        >
          {KINDS.map(([kind, label]) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {stepped === undefined ? null : (
        <label className="r-check">
          Step
          <input
            type="number"
            min={0}
            step={1}
            className="r-search r-step"
            value={typed ?? stepped}
            onChange={(event) => {
              const text = event.currentTarget.value;
              setTyped(text);
              if (/^\d{1,15}$/.test(text))
                setSearch({ at: atText({ kind: 'step', step: Number(text) }) }, { replace: true });
            }}
            onBlur={() => setTyped(undefined)}
          />
        </label>
      )}
    </>
  );
}

/** The run that all others are held against. */
export function BaseChooser({ runs, base }: { runs: readonly ComparedRun[]; base: ComparedRun }) {
  const { setSearch } = usePlace();
  return (
    <label className="r-check">
      Against
      <select
        className="r-select"
        value={base.id}
        onChange={(event) => setSearch({ base: event.currentTarget.value })}
      >
        {runs.map((run) => (
          <option key={run.id} value={run.id}>
            {run.name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** One of the things that differ between runs, found by typing: there may be thousands. */
export function DimensionSelect({
  label,
  dimensions,
  value,
  onChange,
  none,
}: {
  label: string;
  dimensions: readonly Dimension[];
  value: string | undefined;
  onChange: (id: string | undefined) => void;
  /** What it says when nothing is chosen; then nothing can be. */
  none?: string;
}) {
  const groups = (['param', 'metric', 'attribute'] as const).map((of) => ({
    group: { param: 'Params', metric: 'Metrics', attribute: 'Run' }[of],
    items: dimensions.filter((each) => each.of === of).map((each) => ({ value: each.id, label: each.label })),
  }));
  return (
    <Select
      label={label}
      data={groups.filter((group) => group.items.length > 0)}
      value={value ?? null}
      placeholder={none}
      searchable
      limit={200}
      clearable={none !== undefined}
      allowDeselect={none !== undefined}
      onChange={(id) => onChange(id ?? undefined)}
      nothingFoundMessage="Nothing has that name."
      className="r-dimension"
      comboboxProps={{ withinPortal: true }}
    />
  );
}
