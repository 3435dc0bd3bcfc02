import { Select } from '@mantine/core';
import { useMemo } from 'react';
import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { FilterBar } from '../../../ui/filter-bar.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { useKeys } from '../../../ui/page-keys.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { fromMlflow } from '../../../ui/status-words.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import { experimentsContract } from '../contract/experiments.ts';
import { runsContract } from '../contract/runs.ts';
import type { Run } from '../schema.ts';
import { runsLead, valueColumns } from './run-words.ts';

const LIMIT = 5000;

const FIXED: readonly DataColumn<Run>[] = [
  {
    id: 'name',
    head: 'run',
    value: (run) => run.info.run_name ?? run.info.run_id ?? '',
    width: 200,
    grow: true,
    narrow: 'name',
  },
  {
    id: 'status',
    head: 'status',
    value: (run) => fromMlflow(run.info.status ?? ''),
    cell: (run) => <Status word={fromMlflow(run.info.status ?? '')} still />,
    width: 110,
    narrow: 'end',
  },
];

const LAST: readonly DataColumn<Run>[] = [
  {
    id: 'took',
    head: 'took',
    value: (run) =>
      run.info.end_time && run.info.start_time ? (run.info.end_time - run.info.start_time) / 1000 : null,
    style: 'seconds',
    proof: 'From the start to the end that the run reported.',
    width: 100,
    narrow: 'none',
  },
  {
    id: 'started',
    head: 'started',
    value: (run) => run.info.start_time ?? null,
    cell: (run) => <When at={run.info.start_time ?? null} clock="wall" />,
    width: 120,
  },
];

/** Every run of the project's experiments, filtered by the search grammar. */
export function Runs() {
  const { project, search, setSearch } = usePlace();
  const experiments = useEndpoint(experimentsContract.searchExperiments, { body: { max_results: 1000 } });
  const all = experiments.data?.experiments ?? [];
  const chosen = all.find((each) => each.experiment_id === search.experiment);
  const ids = chosen ? [chosen.experiment_id] : all.map((each) => each.experiment_id);
  const answer = useEndpoint(
    runsContract.searchRuns,
    ids.length > 0
      ? { body: { experiment_ids: ids, max_results: LIMIT, ...(search.q ? { filter: search.q } : {}) } }
      : undefined,
  );
  const runs = answer.data?.runs ?? [];
  const columns = useMemo(
    () => [...FIXED, ...valueColumns(answer.data?.runs ?? [], { metrics: 4, params: 3 }), ...LAST],
    [answer.data],
  );
  const table = useTableState(columns);
  const selected = useMemo(() => new Set(search.sel ? search.sel.split(',') : []), [search.sel]);
  const choose = (ids: ReadonlySet<string>) =>
    setSearch({ sel: [...ids].join(',') || undefined }, { replace: true });
  useCompareKey(project, search.sel);
  const none =
    experiments.data !== undefined && (ids.length === 0 || (answer.data !== undefined && runs.length === 0));
  return (
    <PageFrame
      title={chosen?.name ?? 'Experiments'}
      wide
      lead={answer.data && runs.length > 0 ? runsLead(project, runs, Boolean(search.q)) : undefined}
    >
      <div className="r-row">
        <Select
          aria-label="Experiment"
          placeholder="All experiments"
          clearable
          data={all.map((each) => ({ value: each.experiment_id, label: each.name }))}
          value={chosen?.experiment_id ?? null}
          onChange={(id) => setSearch({ experiment: id ?? undefined })}
        />
      </div>
      <FilterBar
        value={search.q ?? ''}
        onChange={(q) => setSearch({ q: q || undefined }, { replace: true })}
        placeholder="For example metrics.log_loss < 0.47 and params.depth = '8'"
        count={
          answer.data
            ? `${runs.length.toLocaleString('en-US')}${answer.data.next_page_token ? ' and more' : ''}`
            : undefined
        }
        error={
          answer.fault?.code === 'INVALID_PARAMETER_VALUE'
            ? { at: 0, message: answer.fault.message }
            : undefined
        }
      />
      <Panel
        state={
          none && search.q
            ? {
                kind: 'filtered',
                sentence: `No run matches ${search.q}.`,
                onClear: () => setSearch({ q: undefined }),
              }
            : none
              ? { kind: 'empty', empty: <NoRun /> }
              : panelState(ids.length === 0 ? experiments : answer, { rows: 10 })
        }
      >
        <DataTable
          label="Runs"
          rows={runs}
          columns={columns}
          {...table}
          selected={selected}
          onSelect={choose}
          bulk={(ids) => (
            <Action
              because={ids.size < 2 ? 'Choose two runs or more.' : undefined}
              href={compareHref(project, [...ids])}
            >
              {`Compare ${ids.size}`}
            </Action>
          )}
          rowId={(run) => run.info.run_id ?? ''}
          href={(run) => pageOf(project, 'runs', run.info.run_id ?? '')}
          dense
          maxHeight={720}
        />
      </Panel>
    </PageFrame>
  );
}

export const compareHref = (project: string, ids: readonly string[]): string =>
  `${pageOf(project, 'runs', 'compare')}?ids=${ids.join(',')}`;

function useCompareKey(project: string, sel: string | undefined) {
  const { go } = usePlace();
  useKeys(
    useMemo(
      () => [
        {
          keys: 'c',
          label: 'Compare the chosen runs',
          run: () => {
            const ids = sel?.split(',') ?? [];
            if (ids.length >= 2) go(compareHref(project, ids));
          },
        },
      ],
      // oxlint-disable-next-line react-hooks/exhaustive-deps -- `go` is made anew at each draw and does the same
      [project, sel],
    ),
  );
}

function NoRun() {
  return (
    <div className="r-empty">
      <p className="r-serif">
        A run keeps what a training tried and what came of it. Nothing has run here yet; two lines of Python
        make the first.
      </p>
      <CodeBlock
        label="Log a run"
        forms={[
          {
            label: 'Python',
            text: `import mlflow\n\nmlflow.set_tracking_uri("${location.origin}")\nwith mlflow.start_run():\n    mlflow.log_metric("log_loss", 0.45)`,
          },
        ]}
      />
    </div>
  );
}
