import type { ComponentType } from 'react';
import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { cutMiddle } from '../../../ui/data-column.ts';
import { Delta } from '../../../ui/delta.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { experimentsContract } from '../contract/experiments.ts';
import { runsContract } from '../contract/runs.ts';
import type { Run } from '../schema.ts';
import { type Compared, comparedRows } from './compare-rows.ts';
import { betterOf, loggedProof } from './run-words.ts';

/** More runs than this do not fit beside each other. */
const MOST = 8;

/** What a room further on measured of the models of these runs. */
export type EvaluationsPanel = ComponentType<{ project: string; runs: readonly Run[]; base: Run }>;

/** Runs side by side, each against a baseline; rows that are equal in all of them are hidden. */
export function Compare({ Evaluations }: { Evaluations: EvaluationsPanel }) {
  const { project, search, hrefWith } = usePlace();
  const ids = [...new Set((search.ids ?? '').split(',').filter((id) => /^[\w-]+$/.test(id)))].slice(0, MOST);
  const experiments = useEndpoint(experimentsContract.searchExperiments, { body: { max_results: 1000 } });
  const all = experiments.data?.experiments ?? [];
  const answer = useEndpoint(
    runsContract.searchRuns,
    all.length > 0 && ids.length > 0
      ? {
          body: {
            experiment_ids: all.map((each) => each.experiment_id),
            filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
            max_results: MOST,
          },
        }
      : undefined,
  );
  const found = new Map((answer.data?.runs ?? []).map((run) => [run.info.run_id ?? '', run]));
  const runs = ids.flatMap((id) => found.get(id) ?? []);
  const base = runs.find((run) => run.info.run_id === search.base) ?? runs[0];
  const rows = base ? comparedRows(runs) : [];
  const differing = rows.filter((row) => row.differs);
  const shown = search.all ? rows : differing;
  return (
    <PageFrame
      title={
        base
          ? `${runs.length - 1} ${runs.length === 2 ? 'run' : 'runs'} against ${nameOf(base)}`
          : 'Compare runs'
      }
      wide
      lead={base && runs.length > 1 ? compareLead(hrefWith({}), rows) : undefined}
      actions={
        <Action href={`${pageOf(project, 'experiments')}?sel=${ids.join(',')}`}>Choose other runs</Action>
      }
    >
      {base && runs.length > 1 ? <Evaluations project={project} runs={runs} base={base} /> : null}
      {ids.length < 2 ? (
        <p className="r-serif">
          Choose two runs or more in the <a href={pageOf(project, 'experiments')}>list of runs</a>, then
          compare them: params, metrics and data stand here side by side.
        </p>
      ) : (
        <Panel
          title="Side by side"
          note={`${differing.length} of ${rows.length} rows differ; metrics as the runs logged them, without intervals`}
          actions={
            rows.length > differing.length ? (
              <Action href={hrefWith({ all: search.all ? undefined : 1 })}>
                {search.all ? 'Only differing' : `Show all ${rows.length} rows`}
              </Action>
            ) : undefined
          }
          state={panelState(experiments.data ? answer : experiments, { rows: 10 })}
        >
          {base ? <SideBySide project={project} runs={runs} base={base} rows={shown} /> : null}
        </Panel>
      )}
    </PageFrame>
  );
}

const nameOf = (run: Run): string => run.info.run_name ?? (run.info.run_id ?? '').slice(0, 8);

function compareLead(compared: string, rows: readonly Compared[]): LeadPart[] {
  const sideBySide = { label: 'the runs side by side', href: compared };
  const params = rows.filter((row) => row.kind === 'param' && row.differs);
  const metrics = rows.filter((row) => row.kind === 'metric' && row.differs);
  const first = params
    .slice(0, 3)
    .map((row) => row.key)
    .join(', ');
  return lead(
    'They differ in ',
    counted(
      params.length,
      { definition: 'Params that are not equal in all of these runs.', rows: sideBySide },
      params.length === 1 ? 'param' : 'params',
    ),
    params.length === 0 ? '' : ` (${first}${params.length > 3 ? ' and others' : ''})`,
    ' and in ',
    counted(
      metrics.length,
      {
        definition: 'Metrics whose last values are not equal in all of these runs.',
        rows: sideBySide,
      },
      metrics.length === 1 ? 'metric' : 'metrics',
    ),
    '. Metrics were logged by the runs themselves, without intervals.',
  ).parts;
}

function SideBySide({
  project,
  runs,
  base,
  rows,
}: {
  project: string;
  runs: readonly Run[];
  base: Run;
  rows: readonly Compared[];
}) {
  const { hrefWith } = usePlace();
  const at = runs.indexOf(base);
  if (rows.length === 0)
    return <p className="r-serif">Nothing that these runs logged differs between them.</p>;
  return (
    <div className="r-scroll-x" tabIndex={0} role="region" aria-label="Runs side by side">
      <table className="r-fields r-compare">
        <thead>
          <tr>
            <th scope="col">logged</th>
            {runs.map((run) => (
              <th key={run.info.run_id} scope="col">
                <a className="r-quiet" href={pageOf(project, 'runs', run.info.run_id ?? '')}>
                  {nameOf(run)}
                </a>{' '}
                {run === base ? (
                  <span className="r-small">baseline</span>
                ) : (
                  <a className="r-small" href={hrefWith({ base: run.info.run_id })}>
                    make baseline
                  </a>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.kind} ${row.key}`}>
              <th scope="row">
                {row.key} <span className="r-small">{row.kind}</span>
              </th>
              {runs.map((run, index) => (
                <td key={run.info.run_id}>
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

function Cell({ run, row, index, base }: { run: Run; row: Compared; index: number; base: number }) {
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
  const logged = loggedProof(run, row.key);
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
