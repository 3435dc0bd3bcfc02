import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Delta } from '../../../ui/delta.tsx';
import { Interval } from '../../../ui/interval.tsx';
import type { Evaluation } from '../schema/evaluation.ts';
import { evaluationProof, gainProof, gainText, judged, lossName } from './evaluation-words.ts';

type Slice = Evaluation['slices'][number];

/** Every slice, most harm first: against the champion where there is one, else against the baseline. */
export function Slices({ evaluation }: { evaluation: Evaluation }) {
  const side = evaluation.champion === null ? 'baseline' : 'champion';
  const name = evaluation.champion === null ? 'the baseline' : `v${evaluation.champion}`;
  const gain = (slice: Slice) => slice.gains[side];
  const sorted = [...evaluation.slices].sort(
    (a, b) => (gain(a)?.high ?? Infinity) - (gain(b)?.high ?? Infinity),
  );
  if (sorted.length === 0)
    return <p className="r-serif">The charter names no column to cut by, so there are no slices.</p>;
  const columns: readonly DataColumn<Slice>[] = [
    {
      id: 'slice',
      head: 'slice',
      value: (slice) => `${slice.column} = ${slice.value}`,
      width: 180,
      grow: true,
      narrow: 'name',
    },
    {
      id: 'n',
      head: 'n',
      value: (slice) => slice.n,
      style: 'count',
      proof: () => ({ proof: evaluationProof(evaluation, 'Rows of the hold-out in this slice.') }),
      width: 90,
    },
    {
      id: 'loss',
      head: lossName(evaluation.loss),
      value: (slice) => slice.loss.value,
      style: 'metric',
      proof: (slice) => ({
        kind: 'estimated',
        n: slice.loss.n,
        interval:
          slice.loss.low === null || slice.loss.high === null
            ? { none: 'too few rows for an interval' }
            : [slice.loss.low, slice.loss.high],
        proof: evaluationProof(
          evaluation,
          `The ${lossName(evaluation.loss)} of v${evaluation.version} on the rows with ${slice.column} = ${slice.value}.`,
        ),
      }),
      better: 'lower',
      width: 110,
    },
    {
      id: 'gain',
      head: `difference to ${name}`,
      value: (slice) => gain(slice)?.value ?? null,
      cell: (slice) => {
        const of = gain(slice);
        if (!of || of.value === null) return null;
        return (
          <Delta
            value={-of.value}
            interval={of.low === null || of.high === null ? undefined : [-of.high, -of.low]}
            better="lower"
            against={name}
            n={of.n}
            proof={gainProof(evaluation, side)}
          />
        );
      },
      width: 320,
      grow: true,
      narrow: 'end',
    },
    {
      id: 'word',
      head: 'gain',
      value: (slice) => gainText(gain(slice)) ?? judged(gain(slice)) ?? null,
      width: 200,
      hidden: true,
      narrow: 'none',
    },
  ];
  return (
    <div className="r-stack">
      <Interval
        metric={`gain in ${lossName(evaluation.loss)} over ${name}, the ten slices with most harm first`}
        marks={[{ at: 0, label: 'no difference' }]}
        rows={sorted.slice(0, 10).flatMap((slice) => {
          const of = gain(slice);
          if (!of || of.value === null || of.low === null || of.high === null) return [];
          return [
            {
              label: `${slice.column} = ${slice.value}`,
              value: of.value,
              interval: [of.low, of.high] as const,
              n: slice.n,
              role: 'candidate' as const,
              proof: gainProof(evaluation, side),
            },
          ];
        })}
      />
      <DataTable
        label="Slices"
        rows={sorted}
        columns={columns}
        rowId={(slice) => `${slice.column}=${slice.value}`}
      />
    </div>
  );
}
