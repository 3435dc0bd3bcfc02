import { useMemo } from 'react';
import { useEndpoint } from '../../../ui/data.tsx';
import { type PanelState } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { experimentsContract } from '../contract/experiments.ts';
import { runTableContract } from '../contract/run-table.ts';
import { runsContract } from '../contract/runs.ts';
import { type ComparedRun, comparedRuns, readAt } from './compared-runs.ts';

/** More runs are not compared, and no address holds more. */
export const MOST_COMPARED = 100;

/** The runs that the address names, in its order, from whatever experiments of the project, with the values that count. */
export function useCompared() {
  const { project, search } = usePlace();
  const ids = useMemo(
    () =>
      [...new Set((search.ids ?? '').split(',').filter((id) => /^[\w-]+$/.test(id)))].slice(0, MOST_COMPARED),
    [search.ids],
  );
  const experiments = useEndpoint(experimentsContract.searchExperiments, {
    body: { max_results: 50_000, view_type: 'ALL' },
  });
  const everywhere = experiments.data?.experiments;
  const answer = useEndpoint(
    runsContract.searchRuns,
    everywhere && everywhere.length > 0 && ids.length > 0
      ? {
          body: {
            experiment_ids: everywhere.map((each) => each.experiment_id),
            filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
            run_view_type: 'ALL',
            extremes: true,
            max_results: MOST_COMPARED,
          },
        }
      : undefined,
  );
  const at = useMemo(() => readAt(search.at), [search.at]);
  const found = useMemo(() => {
    const byId = new Map((answer.data?.runs ?? []).map((run) => [run.info.run_id, run]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }, [answer.data, ids]);
  const stepped = useEndpoint(
    runTableContract.getMetricValues,
    at.kind === 'step' && found.length > 0
      ? { params: { project }, query: { run_ids: found.map((run) => run.info.run_id), step: at.step } }
      : undefined,
  );
  const runs = useMemo((): readonly ComparedRun[] => {
    const values = new Map((stepped.data?.runs ?? []).map((each) => [each.run_id, each.metrics]));
    return comparedRuns(found, at, values);
  }, [found, at, stepped.data]);
  const names = useMemo(
    () => new Map((everywhere ?? []).map((each) => [each.experiment_id, each.name])),
    [everywhere],
  );
  const asked = [experiments, answer, ...(at.kind === 'step' ? [stepped] : [])];
  const failed = asked.find((each) => each.fault);
  const nothing = ids.length === 0 || everywhere?.length === 0;
  const waits =
    !nothing && (answer.data === undefined || (at.kind === 'step' && found.length > 0 && !stepped.data));
  const state: PanelState = failed?.fault
    ? { kind: 'error', fault: failed.fault, onRetry: failed.retry }
    : waits
      ? { kind: 'loading', rows: 10, awaiting: 'Still waiting for the runs.' }
      : { kind: 'ready', refreshing: asked.some((each) => each.refreshing) };
  return { ids, runs, at, state, experiments: names, missing: waits ? 0 : ids.length - found.length };
}
