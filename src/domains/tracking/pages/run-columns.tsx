import type { DataColumn } from '../../../ui/data-column.ts';
import { Status } from '../../../ui/status.tsx';
import { fromMlflow } from '../../../ui/status-words.ts';
import { When } from '../../../ui/when.tsx';
import type { Run } from '../schema.ts';
import { VERDICT_WORDS } from './reproduced-words.ts';
import { bestOf, betterOf, loggedProof, metricOf } from './run-words.ts';

export const STATUS: DataColumn<Run> = {
  id: 'status',
  head: 'status',
  value: (run) => fromMlflow(run.info.status),
  cell: (run) => <Status word={fromMlflow(run.info.status)} still />,
  drawn: 94,
  width: 110,
  narrow: 'end',
};

export const LAST: readonly DataColumn<Run>[] = [
  {
    id: 'took',
    head: 'took',
    value: (run) =>
      run.info.end_time && run.info.start_time ? (run.info.end_time - run.info.start_time) / 1000 : null,
    style: 'seconds',
    proof: 'From the start to the end that the run reported.',
    width: 100,
    narrow: 'none',
    sortable: false,
  },
  {
    id: 'reproduced',
    head: 'reproduced',
    value: (run) => run.info.reproduced ?? 'not tried',
    cell: ({ info }) =>
      info.reproduced ? (
        <Status word={VERDICT_WORDS[info.reproduced]} still />
      ) : (
        <span className="r-missing">not tried</span>
      ),
    width: 120,
    hidden: true,
    narrow: 'none',
    // Both runs are compared anew for each row, so nothing can be ordered by it.
    sortable: false,
  },
  {
    id: 'user_id',
    head: 'by',
    value: (run) => run.info.user_id || null,
    width: 110,
    hidden: true,
    narrow: 'none',
  },
  {
    id: 'started',
    head: 'started',
    value: (run) => run.info.start_time ?? null,
    cell: (run) => <When at={run.info.start_time ?? null} clock="wall" />,
    drawn: 104,
    width: 120,
  },
];

/** A column of one logged key: `metrics.loss`, `best.loss`, `params.lr`, `tags.team`. Undefined for anything else. */
export function keyColumn(id: string, place = 0): DataColumn<Run> | undefined {
  const dot = id.indexOf('.');
  const [kind, key] = [id.slice(0, dot), id.slice(dot + 1)];
  if (dot < 1 || key === '') return undefined;
  const narrow = kind === 'metrics' && place < 2 ? ('line' as const) : ('none' as const);
  if (kind === 'metrics')
    return {
      id,
      head: key,
      value: (run) => metricOf(run, key),
      style: 'metric',
      proof: (run) => loggedProof(run, key),
      better: betterOf(key),
      width: 110,
      narrow,
    };
  if (kind === 'best')
    return {
      id,
      head: `best ${key}`,
      value: (run) => run.data.metrics?.find((each) => each.key === key)?.[bestOf(key)] ?? null,
      style: 'metric',
      proof: `${bestOf(key) === 'min' ? 'Lowest' : 'Highest'} of all points of ${key} that the run logged.`,
      better: betterOf(key),
      width: 120,
      narrow,
    };
  if (kind === 'params')
    return {
      id,
      head: key,
      value: (run) => numberOrText(run.data.params?.find((each) => each.key === key)?.value),
      style: 'exact',
      proof: null,
      width: 110,
      narrow,
    };
  if (kind === 'tags')
    return {
      id,
      head: key,
      value: (run) => run.data.tags?.find((each) => each.key === key)?.value ?? null,
      width: 120,
      narrow,
    };
  return undefined;
}

function numberOrText(value: string | undefined): number | string | null {
  if (value === undefined || value === '') return null;
  return Number.isFinite(Number(value)) ? Number(value) : value;
}
