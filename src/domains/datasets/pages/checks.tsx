import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { datasetsContract } from '../contract.ts';
import type { CheckResult, DatasetVersion } from '../schema.ts';
import { versionSource } from './dataset-words.ts';

const ORDER = { failed: 0, passed: 1, skipped: 2 } as const;

const wordOf = (result: CheckResult) =>
  result.state === 'failed'
    ? result.check.severity === 'warn'
      ? ('Warning' as const)
      : ('Failed' as const)
    : result.state === 'passed'
      ? ('Passed' as const)
      : ('Skipped' as const);

const COLUMNS: readonly DataColumn<CheckResult>[] = [
  { id: 'title', head: 'expectation', value: (each) => each.title, width: 300, grow: true, narrow: 'name' },
  {
    id: 'state',
    head: 'state',
    value: wordOf,
    cell: (each) => <Status word={wordOf(each)} still />,
    width: 110,
    narrow: 'end',
  },
  {
    id: 'bad',
    head: 'rows that break it',
    value: (each) => each.bad_rows,
    style: 'count',
    proof: 'Rows of this version that break the expectation, counted in the one scan that runs all checks.',
    width: 130,
  },
  {
    id: 'share',
    head: 'share',
    value: (each) => each.share,
    style: 'share',
    proof: (each) => ({
      proof: {
        definition: 'Rows that break the expectation over the rows it looked at.',
        formula: `${each.bad_rows ?? 0} rows that break it / rows`,
        method: 'Counted over every row, no sample.',
      },
    }),
    width: 90,
  },
  { id: 'observed', head: 'found', value: (each) => each.observed, width: 260, grow: true },
  {
    id: 'note',
    head: 'why',
    value: (each) => each.check.note ?? null,
    width: 220,
    grow: true,
    narrow: 'none',
  },
];

/** What this version was expected to be, failures first, with some of the rows that break it. */
export function Checks({ project, version }: { project: string; version: DatasetVersion }) {
  const id = version.validation?.id;
  const answer = useEndpoint(
    datasetsContract.getValidation,
    id === undefined ? undefined : { params: { project, name: version.dataset, id } },
  );
  if (id === undefined)
    return (
      <p className="r-serif">
        No check has looked at this version. Checks are saved for a dataset and run on each version as it
        comes in.
      </p>
    );
  const results = [...(answer.data?.results ?? [])].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
  const broken = results.filter((each) => each.state === 'failed' && each.sample.length > 0);
  return (
    <>
      <Panel
        title="Checks"
        note={
          answer.data ? (
            <>
              made <When at={answer.data.created_at} clock="wall" />
            </>
          ) : undefined
        }
        state={panelState(answer, { rows: 6 })}
      >
        <DataTable
          label="Checks"
          rows={results}
          columns={COLUMNS}
          rowId={(each) => each.title}
          source={() => versionSource(version)}
          fixedColumns
        />
      </Panel>
      {broken.map((each) => (
        <Panel key={each.title} title={each.title} note={`${each.sample.length} of the rows that break it`}>
          <Rows rows={each.sample} />
        </Panel>
      ))}
    </>
  );
}

/** Rows of any shape. */
export function Rows({ rows }: { rows: readonly Readonly<Record<string, unknown>>[] }) {
  const names = Object.keys(rows[0] ?? {});
  const columns = names.map(
    (name, index): DataColumn<Readonly<Record<string, unknown>>> => ({
      id: name,
      head: name,
      value: (row) => {
        const value = row[name];
        return typeof value === 'number' || typeof value === 'string'
          ? value
          : value === null || value === undefined
            ? null
            : JSON.stringify(value);
      },
      style: 'exact',
      proof: null,
      width: 120,
      grow: true,
      narrow: index === 0 ? 'name' : index < 4 ? 'line' : 'none',
    }),
  );
  return (
    <DataTable
      label="Rows"
      rows={rows.map((row, index) => ({ ...row, ' row': index }))}
      columns={columns}
      rowId={(row) => String(row[' row'])}
      dense
      fixedColumns
    />
  );
}
