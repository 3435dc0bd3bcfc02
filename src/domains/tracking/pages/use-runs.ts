import { useMemo, useState } from 'react';
import { useCall, useEndpoint, usePages } from '../../../ui/data.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { useFresh } from '../../../ui/use-fresh.ts';
import { toAppError } from '../../../lib/errors.ts';
import { runsContract } from '../contract/runs.ts';
import { runTableContract } from '../contract/run-table.ts';
import type { Run } from '../schema.ts';

const PAGE = 500;
/** Running rows that are kept up to date. */
const MOST_LIVE = 100;

export interface WhichRuns {
  project: string;
  experiments: readonly string[];
  filter: string;
}

export interface RunsQuestion extends WhichRuns {
  order: readonly string[];
  columns: readonly string[];
  extremes: boolean;
  view: 'ACTIVE_ONLY' | 'DELETED_ONLY';
  /** Children come when their parent is opened. */
  nested: boolean;
}

/** The rows of the table: pages so far, children of opened parents among them, running ones as they are now. */
export function useRuns(question: RunsQuestion | undefined) {
  const body = useMemo(() => {
    if (!question) return undefined;
    const { experiments, filter, order, columns, extremes, view, nested } = question;
    const top = nested && filter === '';
    return {
      experiment_ids: [...experiments],
      filter,
      top_level: top,
      order_by: [...order],
      columns: [...columns],
      extremes,
      children: top,
      run_view_type: view,
      max_results: PAGE,
    };
  }, [question]);
  const paged = usePages(
    runsContract.searchRuns,
    body ? (token) => ({ body: { ...body, ...(token ? { page_token: token } : {}) } }) : undefined,
    (page) => page.next_page_token,
  );
  const loaded = useMemo(() => paged.pages.flatMap((page) => page.runs ?? []), [paged.pages]);
  const now = useRunning(body, loaded);
  const family = useChildren(body);
  const rows = useMemo(() => {
    const current = now.size === 0 ? loaded : loaded.map((run) => now.get(run.info.run_id) ?? run);
    if (family.open.size === 0) return current;
    return current.flatMap((run) => [run, ...(family.open.get(run.info.run_id) ?? [])]);
  }, [loaded, now, family.open]);
  return { ...paged, rows, ...family };
}

type Body = { experiment_ids: string[]; columns: string[]; extremes: boolean } | undefined;

/** Rows that were running when they were loaded, asked again with each news of runs. */
function useRunning(body: Body, loaded: readonly Run[]): ReadonlyMap<string, Run> {
  const ids = loaded
    .filter((run) => run.info.status === 'RUNNING')
    .slice(0, MOST_LIVE)
    .map((run) => run.info.run_id);
  const answer = useEndpoint(
    runsContract.searchRuns,
    body && ids.length > 0
      ? {
          body: {
            experiment_ids: body.experiment_ids,
            columns: body.columns,
            extremes: body.extremes,
            filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
            run_view_type: 'ALL',
            max_results: MOST_LIVE,
          },
        }
      : undefined,
  );
  return useMemo(
    () => new Map((answer.data?.runs ?? []).map((run) => [run.info.run_id, run])),
    [answer.data],
  );
}

/** Children of the parents that somebody opened; another question closes them. */
function useChildren(body: Body) {
  const call = useCall();
  const key = JSON.stringify(body);
  const [state, setState] = useState<{ key: string; open: ReadonlyMap<string, readonly Run[]> }>({
    key,
    open: NOBODY,
  });
  if (state.key !== key) setState({ key, open: NOBODY });
  const set = (change: (open: Map<string, readonly Run[]>) => void) =>
    setState((old) => {
      const open = new Map(old.open);
      change(open);
      return { ...old, open };
    });
  const toggle = (id: string) => {
    if (!body) return;
    if (state.open.has(id)) return set((open) => void open.delete(id));
    call(runsContract.searchRuns, {
      body: { ...body, filter: '', top_level: false, parent_run_id: id, max_results: 1000 },
    })
      .then((answer) => set((open) => void open.set(id, answer.runs ?? [])))
      .catch((error: unknown) => toast(toAppError(error).message));
  };
  return { open: state.key === key ? state.open : NOBODY, toggle };
}

const NOBODY: ReadonlyMap<string, readonly Run[]> = new Map();

/** How many runs match; `fresh` is how many came since `since` was counted. */
export function useCounts(question: RunsQuestion | undefined) {
  const asked = question && {
    params: { project: question.project },
    body: {
      experiment_ids: [...question.experiments],
      filter: question.filter,
      view: question.view,
    },
  };
  const answer = useEndpoint(runTableContract.countRuns, asked);
  const key = JSON.stringify(asked);
  return { counts: answer.data, ...useFresh(key, answer.refreshing ? undefined : answer.data?.matching) };
}
