import { useMemo } from 'react';
import { association, MIN_ASSOCIATED } from '../../../lib/statistics/association.ts';
import { Bars } from '../../../ui/bars.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { usePlace } from '../../../ui/place.ts';
import { Missing, type ComparePlotProps } from './compare-scatter.tsx';
import { DimensionSelect } from './compare-tools.tsx';
import { chosenOf, isGoal, varies } from './compared-runs.ts';

/** Shuffling so many columns takes a moment; the rest is left out and said. */
const MOST_PARAMS = 60;

/** How strongly each param goes with a metric among these runs. */
export function CompareImportance({ runs, dimensions }: ComparePlotProps) {
  const { search, setSearch } = usePlace();
  const goal = chosenOf(
    dimensions.filter((each) => each.of !== 'param' && each.kind === 'number'),
    search.py,
    isGoal,
    (each) => each.of === 'metric',
  );
  const params = useMemo(
    () => dimensions.filter((each) => each.of === 'param' && varies(each)),
    [dimensions],
  );
  const found = useMemo(
    () =>
      goal
        ? params
            .slice(0, MOST_PARAMS)
            .flatMap((param) => {
              const measured = association(param.values, goal.values as readonly (number | null)[], param.id);
              return measured ? [{ param, ...measured }] : [];
            })
            .sort((a, b) => b.strength - a.strength)
        : [],
    [params, goal],
  );
  const has = goal ? goal.values.filter((value) => value !== null).length : 0;
  return (
    <div className="r-stack">
      <div className="r-row">
        <DimensionSelect
          label="Importance for"
          dimensions={dimensions.filter((each) => each.of !== 'param' && each.kind === 'number')}
          value={goal?.id}
          onChange={(id) => setSearch({ py: id })}
        />
      </div>
      {!goal ? (
        <p className="r-serif">None of these runs logged a metric.</p>
      ) : params.length === 0 ? (
        <p className="r-serif">No param differs between these runs.</p>
      ) : found.length === 0 ? (
        <p className="r-serif">
          {`Too few runs: ${MIN_ASSOCIATED} that have both a param and ${goal.label} are needed, and that differ in both. ${has} of these ${runs.length} have ${goal.label}.`}
        </p>
      ) : (
        <>
          <Bars
            label={`Importance of params for ${goal.label}`}
            style="measure"
            rows={found.map(({ param, strength, chance, direction, n }) => ({
              label: param.label,
              value: strength,
              mark: chance,
              n,
              note:
                strength > chance
                  ? direction
                    ? `${goal.label} goes ${direction}`
                    : 'more than chance'
                  : 'may be chance',
            }))}
          />
          <p className="r-small">
            From 0 to 1: the size of Spearman's rank correlation for numbers, the correlation ratio of ranks
            for categories. Dotted: what chance alone reaches in 1 of 20 shuffles of the runs. Each param by
            itself: what acts together is not seen, and a search that chose its runs leans to what it liked.
          </p>
          {params.length > found.length ? (
            <p className="r-small">
              {formatNumber(params.length - found.length, 'count')} more params are not measured: too few runs
              have them, or they are beyond the first {MOST_PARAMS}.
            </p>
          ) : null}
          <Missing shown={has} of={runs.length} what={goal.label} />
        </>
      )}
    </div>
  );
}
