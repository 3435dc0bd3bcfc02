import { useMemo } from 'react';
import { Action } from '../../../ui/action.tsx';
import { cutMiddle, type DataColumn, toCsv } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Delta } from '../../../ui/delta.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { saveFile } from '../../../ui/save-file.ts';
import { type Compared, type ComparedKind, comparedRows } from './compare-rows.ts';
import type { ComparedRun } from './compared-runs.ts';
import { betterOf, loggedProof } from './run-words.ts';

/** More runs than this stand as rows, not beside each other. */
const BESIDE = 8;
const MOST_COLUMNS = 300;

export interface CompareTableProps {
  runs: readonly ComparedRun[];
  base: ComparedRun;
  /** Only rows of these kinds; all when left out. */
  kinds?: readonly ComparedKind[];
  title: string;
  /** Which points of metrics count, in words. */
  note?: string;
}

/** What the runs recorded, side by side or one below the other; what is equal in all of them is hidden at first. */
export function CompareTable({ runs, base, kinds, title, note }: CompareTableProps) {
  const { project, search, setSearch } = usePlace();
  const rows = useMemo(
    () => comparedRows(runs).filter((row) => !kinds || kinds.includes(row.kind)),
    [runs, kinds],
  );
  const differing = useMemo(() => rows.filter((row) => row.differs), [rows]);
  const all = search.all === '1' || runs.length < 2;
  const shown = all ? rows : differing;
  const asRows = runs.length > BESIDE !== (search.flip === '1');
  const equal = rows.length - differing.length;
  return (
    <Panel
      title={title}
      note={
        rows.length === 0 || runs.length < 2
          ? note
          : [`${differing.length} of ${rows.length} rows differ`, ...(note ? [note] : [])].join('; ')
      }
      actions={
        <>
          {equal > 0 && runs.length > 1 ? (
            <label className="r-check">
              <input
                type="checkbox"
                checked={!all}
                onChange={() => setSearch({ all: all ? undefined : 1 })}
              />
              {`Only differing${all ? '' : `, ${formatNumber(equal, 'count')} equal ${equal === 1 ? 'row' : 'rows'} hidden`}`}
            </label>
          ) : null}
          {rows.length > 0 ? (
            <>
              <Action onClick={() => setSearch({ flip: search.flip ? undefined : 1 })}>Transpose</Action>
              <Action
                onClick={() =>
                  saveFile(new Blob([csvOf(runs, shown)], { type: 'text/csv' }), 'compared-runs.csv')
                }
              >
                Export CSV
              </Action>
            </>
          ) : null}
        </>
      }
    >
      {shown.length === 0 ? (
        <p className="r-serif">
          {rows.length === 0
            ? 'These runs recorded nothing of this.'
            : 'Nothing of this differs between these runs.'}
        </p>
      ) : asRows ? (
        <RunsAsRows runs={runs} rows={shown} title={title} />
      ) : (
        <SideBySide project={project} runs={runs} base={base} rows={shown} title={title} />
      )}
    </Panel>
  );
}

function SideBySide({
  project,
  runs,
  base,
  rows,
  title,
}: {
  project: string;
  runs: readonly ComparedRun[];
  base: ComparedRun;
  rows: readonly Compared[];
  title: string;
}) {
  const { hrefWith } = usePlace();
  const at = runs.indexOf(base);
  return (
    <div className="r-scroll-x" tabIndex={0} role="region" aria-label={title}>
      <table className="r-fields r-compare">
        <thead>
          <tr>
            <th scope="col">recorded</th>
            {runs.map((run) => (
              <th key={run.id} scope="col">
                <a className="r-quiet" href={pageOf(project, 'runs', run.id)} title={run.name}>
                  {cutMiddle(run.name, 32)}
                </a>{' '}
                {run === base ? (
                  <span className="r-small">baseline</span>
                ) : (
                  <a className="r-small" href={hrefWith({ base: run.id })}>
                    make baseline
                  </a>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.kind} ${row.key}`} data-changed={row.differs || undefined}>
              <th scope="row">
                {row.key} <span className="r-small">{row.kind}</span>
              </th>
              {runs.map((run, index) => (
                <td key={run.id}>
                  <Cell run={run} row={row} index={index} base={at} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ run, row, index, base }: { run: ComparedRun; row: Compared; index: number; base: number }) {
  const value = row.values[index] ?? null;
  const reference = row.values[base] ?? null;
  if (value === null) return <span className="r-missing">{formatNumber(null)}</span>;
  if (row.kind !== 'metric' || typeof value !== 'number') {
    const text = String(value);
    return (
      <span data-raw title={text}>
        {cutMiddle(text, 28)}
      </span>
    );
  }
  const logged = loggedProof(run.run, row.key);
  return (
    <>
      <Num value={value} style="metric" {...logged} />
      {index === base || typeof reference !== 'number' || value === reference ? null : (
        <>
          {' '}
          <Delta
            value={value - reference}
            better={betterOf(row.key)}
            against="the baseline"
            proof={{
              ...logged.proof,
              definition: `${row.key} of this run minus that of the baseline. Both were logged by their runs, so there is no interval.`,
              formula: `${value} − ${reference}`,
            }}
          />
        </>
      )}
    </>
  );
}

interface RunRow {
  run: ComparedRun;
  index: number;
}

/** A line for each run and a column for each key: what many runs, or few keys, fit in. */
function RunsAsRows({
  runs,
  rows,
  title,
}: {
  runs: readonly ComparedRun[];
  rows: readonly Compared[];
  title: string;
}) {
  const { project } = usePlace();
  const lines = useMemo(() => runs.map((run, index): RunRow => ({ run, index })), [runs]);
  const columns = useMemo((): DataColumn<RunRow>[] => {
    const name: DataColumn<RunRow> = {
      id: 'name',
      head: 'run',
      value: (line) => line.run.name,
      width: 200,
      grow: true,
      narrow: 'name',
    };
    return [name, ...rows.slice(0, MOST_COLUMNS).map(columnOf)];
  }, [rows]);
  return (
    <>
      <DataTable
        label={title}
        rows={lines}
        columns={columns}
        rowId={(line) => line.run.id}
        href={(line) => pageOf(project, 'runs', line.run.id)}
        dense
        maxHeight={720}
      />
      {rows.length > MOST_COLUMNS ? (
        <p className="r-small">
          {formatNumber(rows.length - MOST_COLUMNS, 'count')} more keys are not shown; the export has them.
        </p>
      ) : null}
    </>
  );
}

function columnOf(row: Compared, place: number): DataColumn<RunRow> {
  const common = {
    id: `${row.kind} ${row.key}`,
    head: row.key,
    value: ({ index }: RunRow) => row.values[index],
    width: 130,
    narrow: place < 3 ? ('line' as const) : ('none' as const),
  };
  if (row.kind !== 'metric') return common;
  return {
    ...common,
    style: 'metric',
    proof: ({ run }) => loggedProof(run.run, row.key),
    better: betterOf(row.key),
  };
}

const csvOf = (runs: readonly ComparedRun[], rows: readonly Compared[]): string =>
  toCsv<RunRow>(
    [
      { id: 'run_id', head: 'run_id', value: ({ run }) => run.id },
      { id: 'run', head: 'run', value: ({ run }) => run.name },
      ...rows.map((row) => ({
        id: `${row.kind} ${row.key}`,
        head: `${row.kind}.${row.key}`,
        value: ({ index }: RunRow) => row.values[index],
      })),
    ],
    runs.map((run, index) => ({ run, index })),
  );
