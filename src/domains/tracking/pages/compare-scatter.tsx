import { useMemo } from 'react';
import { BoxPlot } from '../../../ui/box-plot.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { pageOf, usePlace } from '../../../ui/place.ts';
import type { PlotValue } from '../../../ui/plot-scale.ts';
import { type ScatterPoint, ScatterPlot } from '../../../ui/scatter-plot.tsx';
import { DimensionSelect } from './compare-tools.tsx';
import { chosenOf, type ComparedRun, type Dimension, isGoal, varies } from './compared-runs.ts';

export interface ComparePlotProps {
  runs: readonly ComparedRun[];
  dimensions: readonly Dimension[];
}

/** Names of the colours of categories, then of the rest. */
const COLOURS = 8;
const SHADES = [3, 4, 5, 6, 7];

/** Each run as a point of two of its values, coloured by a third. */
export function CompareScatter({ runs, dimensions }: ComparePlotProps) {
  const { project, search, setSearch, go } = usePlace();
  const y = chosenOf(dimensions, search.py, isGoal, (each) => each.of === 'metric', varies);
  const x = chosenOf(
    dimensions,
    search.px,
    (each) => each.of === 'param' && each.kind === 'number' && varies(each),
    (each) => each.of === 'param' && varies(each),
    (each) => each !== y,
  );
  const by = dimensions.find((each) => each.id === search.by);
  const colours = useMemo(() => (by ? coloursOf(by) : undefined), [by]);
  const points = useMemo(
    () =>
      runs.flatMap((run, at): ScatterPoint[] => {
        const [px, py] = [x?.values[at] ?? null, y?.values[at] ?? null];
        if (px === null || py === null) return [];
        const value = by?.values[at] ?? null;
        const colour = colours ? colours.of(value) : '--r-series-1';
        // A param of which one run has a text is text in all.
        const placed = x?.kind === 'category' ? String(px) : px;
        return [
          {
            id: run.id,
            name: run.name,
            x: placed,
            y: y?.kind === 'category' ? String(py) : py,
            colour,
            ...(by ? { by: shown(value) } : {}),
          },
        ];
      }),
    [runs, x, y, by, colours],
  );
  return (
    <div className="r-stack">
      <div className="r-row">
        <DimensionSelect
          label="Across"
          dimensions={dimensions}
          value={x?.id}
          onChange={(id) => setSearch({ px: id })}
        />
        <DimensionSelect
          label="Up"
          dimensions={dimensions}
          value={y?.id}
          onChange={(id) => setSearch({ py: id })}
        />
        <DimensionSelect
          label="Colour"
          none="one colour"
          dimensions={dimensions}
          value={by?.id}
          onChange={(id) => setSearch({ by: id })}
        />
        <LogChecks x y />
      </div>
      {x && y && points.length > 0 ? (
        <>
          <ScatterPlot
            x={x.label}
            y={y.label}
            by={by?.label}
            logX={search.logx === '1'}
            logY={search.logy === '1'}
            points={points}
            onOpen={(id) => go(pageOf(project, 'runs', id))}
          />
          {colours ? <ColourKey keys={colours.keys} /> : null}
          <Missing shown={points.length} of={runs.length} what={`${x.label} and ${y.label}`} />
        </>
      ) : (
        <p className="r-serif">No run has a value of both, so there is no point to draw.</p>
      )}
    </div>
  );
}

function LogChecks({ x, y }: { x?: boolean; y?: boolean }) {
  const { search, setSearch } = usePlace();
  const check = (name: 'logx' | 'logy', label: string) => (
    <label className="r-check">
      <input
        type="checkbox"
        checked={search[name] === '1'}
        onChange={() => setSearch({ [name]: search[name] === '1' ? undefined : 1 })}
      />
      {label}
    </label>
  );
  return (
    <>
      {x ? check('logx', 'Log scale across') : null}
      {y ? check('logy', 'Log scale up') : null}
    </>
  );
}

/** Values of a metric in groups of runs that share a value of a param. */
export function CompareBox({ runs, dimensions }: ComparePlotProps) {
  const { project, search, setSearch, go } = usePlace();
  const value = chosenOf(
    dimensions.filter((each) => each.kind === 'number'),
    search.py,
    isGoal,
    (each) => each.of === 'metric',
  );
  const groupable = useMemo(
    () => dimensions.filter((each) => each.of === 'param' && new Set(each.values).size <= MOST_GROUPS),
    [dimensions],
  );
  const by = chosenOf(groupable, search.by, (each) => each.kind === 'category' && varies(each), varies);
  const groups = useMemo(() => {
    const found = new Map<string, { id: string; name: string; value: number }[]>();
    if (value && by)
      runs.forEach((run, at) => {
        const number = value.values[at];
        if (typeof number !== 'number') return;
        const group = shown(by.values[at] ?? null);
        found.set(group, [...(found.get(group) ?? []), { id: run.id, name: run.name, value: number }]);
      });
    return [...found]
      .map(([name, points]) => ({ name, points }))
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }, [runs, value, by]);
  const counted = groups.reduce((sum, group) => sum + group.points.length, 0);
  return (
    <div className="r-stack">
      <div className="r-row">
        <DimensionSelect
          label="Value"
          dimensions={dimensions.filter((each) => each.kind === 'number' && each.of !== 'param')}
          value={value?.id}
          onChange={(id) => setSearch({ py: id })}
        />
        <DimensionSelect
          label="Grouped by"
          dimensions={groupable}
          value={by?.id}
          onChange={(id) => setSearch({ by: id })}
        />
        <LogChecks x />
      </div>
      {value && by && counted > 0 ? (
        <>
          <BoxPlot
            value={value.label}
            by={by.label}
            groups={groups}
            log={search.logx === '1'}
            onOpen={(id) => go(pageOf(project, 'runs', id))}
          />
          <p className="r-small">
            Every run is a point. A group of five or more has a box from the lower to the upper quartile, the
            median in it, and whiskers to the outermost runs within 1.5 times its length.
          </p>
          <Missing shown={counted} of={runs.length} what={value.label} />
        </>
      ) : (
        <p className="r-serif">
          {by
            ? 'No run has a value of it, so there is nothing to draw.'
            : 'These runs have no param with few enough values to group by.'}
        </p>
      )}
    </div>
  );
}

const MOST_GROUPS = 20;

/** Runs that a chart cannot show. */
export function Missing({ shown: drawn, of, what }: { shown: number; of: number; what: string }) {
  return drawn === of ? null : (
    <p className="r-small">
      {formatNumber(of - drawn, 'count')} of {formatNumber(of, 'count')} runs are not drawn: they have no{' '}
      {what}.
    </p>
  );
}

/** The ends of a scale of shades, in the words of its numbers. */
export const shadeKeys = (label: string, low: number, high: number): [string, string][] => [
  [`--r-seq-${SHADES[0]}`, `${label} ${formatNumber(low)}`],
  [`--r-seq-${SHADES.at(-1)}`, `to ${formatNumber(high)}`],
];

const shown = (value: PlotValue | null): string =>
  value === null ? 'none' : typeof value === 'number' ? formatNumber(value, 'exact') : value || 'empty';

/** A colour for each of a few values, or shades from low to high. */
function coloursOf(dimension: Dimension): {
  of: (value: PlotValue | null) => string;
  keys: [string, string][];
} {
  const present = [...new Set(dimension.values.filter((value) => value !== null))];
  if (dimension.kind === 'category' || present.length <= 3) {
    const names = present.map(String).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const of = (value: PlotValue | null) => {
      const at = value === null ? -1 : names.indexOf(String(value));
      return at >= 0 && at < COLOURS ? `--r-series-${at + 1}` : '--r-ink3';
    };
    const keys = names
      .slice(0, COLOURS)
      .map((name): [string, string] => [of(name), `${dimension.label} ${name}`]);
    const others = dimension.values.some((value) => of(value) === '--r-ink3');
    return { of, keys: others ? [...keys, ['--r-ink3', 'others or none']] : keys };
  }
  const numbers = present as number[];
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const shade = (value: number) =>
    `--r-seq-${SHADES[Math.min(SHADES.length - 1, Math.floor((SHADES.length * (value - low)) / (high - low)))] ?? 7}`;
  const keys = shadeKeys(dimension.label, low, high);
  const none = dimension.values.includes(null);
  return {
    of: (value) => (typeof value === 'number' ? shade(value) : '--r-ink3'),
    keys: none ? [...keys, ['--r-ink3', 'none']] : keys,
  };
}

export function ColourKey({ keys }: { keys: readonly [string, string][] }) {
  return (
    <p className="r-small r-keys">
      {keys.map(([colour, label]) => (
        <span key={label}>
          <i className="r-key" style={{ background: `var(${colour})` }} /> {label}
        </span>
      ))}
    </p>
  );
}
