import { MultiSelect } from '@mantine/core';
import { useMemo } from 'react';
import { Action } from '../../../ui/action.tsx';
import { type Brush, brushed, ParallelAxes } from '../../../ui/parallel-axes.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { decoded, listText, readList } from './address-list.ts';
import { ColourKey, type ComparePlotProps, shadeKeys } from './compare-scatter.tsx';
import { DimensionSelect } from './compare-tools.tsx';
import { chosenOf, type Dimension, isGoal, varies } from './compared-runs.ts';

const MOST_AXES = 8;

/** Params beside each other and a metric last, a line for each run; brushing axes finds the runs that one wants. */
export function CompareParallel({ runs, dimensions }: ComparePlotProps) {
  const { project, search, setSearch, go } = usePlace();
  const goal = chosenOf(dimensions, search.py, isGoal, (each) => each.of === 'metric');
  const axes = useMemo(() => axesOf(dimensions, search.axes, goal), [dimensions, search.axes, goal]);
  const lines = useMemo(
    () =>
      runs.map((run, at) => ({ id: run.id, name: run.name, values: axes.map((axis) => valueAt(axis, at)) })),
    [runs, axes],
  );
  const brushes = useMemo(() => readBrushes(search.brush), [search.brush]);
  const { within, scales } = useMemo(() => brushed(axes, lines, brushes), [axes, lines, brushes]);
  const setBrush = (axis: string, brush: Brush | undefined) => {
    const next = new Map(brushes);
    if (brush) next.set(axis, brush);
    else next.delete(axis);
    setSearch({ brush: brushText(next) || undefined }, { replace: true });
  };
  const others = dimensions.filter((each) => each !== goal);
  return (
    <div className="r-stack">
      <div className="r-row">
        <MultiSelect
          label="Axes"
          data={others.map((each) => ({ value: each.id, label: each.label }))}
          value={axes.filter((axis) => axis !== goal).map((axis) => axis.id)}
          onChange={(ids) => setSearch({ axes: listText(ids), brush: undefined })}
          searchable
          limit={100}
          maxValues={MOST_AXES - 1}
          hidePickedOptions
          className="r-curve-keys"
        />
        <DimensionSelect
          label="Last axis and colour"
          dimensions={dimensions.filter((each) => each.kind === 'number')}
          value={goal?.id}
          onChange={(id) => setSearch({ py: id, brush: undefined })}
        />
      </div>
      {axes.length < 2 ? (
        <p className="r-serif">
          Nothing but {goal?.label ?? 'the name'} differs between these runs; choose axes to see them all the
          same.
        </p>
      ) : (
        <>
          <ParallelAxes
            axes={axes}
            lines={lines}
            brushes={brushes}
            onBrush={setBrush}
            onOpen={(id) => go(pageOf(project, 'runs', id))}
          />
          {goal ? <ColourKey keys={goalKeys(goal)} /> : null}
          <p className="r-small">
            Drag along an axis to keep the runs that pass there, click it to let all pass again.
          </p>
          <div className="r-row">
            <DimensionSelect
              label="Limit an axis"
              none="by its number"
              dimensions={axes.filter((axis) => axis.kind === 'number' && !brushes.has(axis.id))}
              value={undefined}
              onChange={(id) => id && setBrush(id, [0, 1])}
            />
            {axes.map((axis, at) => {
              const brush = brushes.get(axis.id);
              const scale = scales[at];
              if (!brush || scale?.kind !== 'number') return null;
              const set = (end: 0 | 1, text: string) => {
                const place = scale.place(Number(text));
                if (text.trim() === '' || !Number.isFinite(place)) return;
                const next: [number, number] = [brush[0], brush[1]];
                next[end] = Math.min(1, Math.max(0, place));
                if (next[0] <= next[1]) setBrush(axis.id, next);
              };
              return (
                <span
                  key={`${axis.id} ${brush.join(' ')}`}
                  className="r-row"
                  role="group"
                  aria-label={axis.label}
                >
                  {axis.label}
                  {([0, 1] as const).map((end) => (
                    <input
                      key={end}
                      className="r-search r-step"
                      aria-label={`${axis.label} ${end === 0 ? 'from' : 'to'}`}
                      defaultValue={Number(scale.at(brush[end]).toPrecision(4))}
                      inputMode="decimal"
                      onBlur={(event) => set(end, event.currentTarget.value)}
                      onKeyDown={(event) => event.key === 'Enter' && set(end, event.currentTarget.value)}
                    />
                  ))}
                  <button type="button" className="r-link" onClick={() => setBrush(axis.id, undefined)}>
                    Let all pass
                  </button>
                </span>
              );
            })}
          </div>
          {brushes.size > 0 ? (
            <div className="r-row" role="status">
              <span>
                {within.size} of {runs.length} runs pass.
              </span>
              {within.size >= 2 && within.size < runs.length ? (
                <Action onClick={() => setSearch({ ids: [...within].join(','), brush: undefined })}>
                  {`Compare these ${within.size}`}
                </Action>
              ) : null}
              <Action onClick={() => setSearch({ brush: undefined })}>Let all pass</Action>
            </div>
          ) : null}
        </>
      )}
    </div>
  );
}

/** Those named, else params that vary; the metric is the last. */
function axesOf(
  dimensions: readonly Dimension[],
  named: string | undefined,
  goal: Dimension | undefined,
): Dimension[] {
  const ids = readList(named);
  const chosen = ids
    ? ids.flatMap((id) => dimensions.find((each) => each.id === id) ?? [])
    : dimensions.filter((each) => each.of === 'param' && varies(each));
  const first = chosen.filter((each) => each !== goal).slice(0, MOST_AXES - 1);
  return goal ? [...first, goal] : first;
}

function goalKeys({ label, values }: Dimension): [string, string][] {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === 0 ? [] : shadeKeys(label, Math.min(...numbers), Math.max(...numbers));
}

function valueAt({ kind, values }: Dimension, at: number): string | number | null {
  const value = values[at] ?? null;
  return value !== null && kind === 'category' ? String(value) : value;
}

/** `params.lr@0.2-0.8,…`: parts of axes, from 0 at the low end to 1. */
function readBrushes(text: string | undefined): ReadonlyMap<string, Brush> {
  const found = (text ?? '').split(',').flatMap((part): [string, Brush][] => {
    const [, id, from, to] = /^(.+)@(\d(?:\.\d+)?)-(\d(?:\.\d+)?)$/.exec(part) ?? [];
    return id ? [[decoded(id), [Number(from), Number(to)]]] : [];
  });
  return new Map(found);
}

const brushText = (brushes: ReadonlyMap<string, Brush>): string =>
  [...brushes]
    .map(
      ([id, [from, to]]) => `${encodeURIComponent(id)}@${Number(from.toFixed(3))}-${Number(to.toFixed(3))}`,
    )
    .join(',');
