import { Menu } from '@mantine/core';
import { Group, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { CopyAs } from '../../../ui/copy-as.tsx';
import { useAskAnew, useEndpoint } from '../../../ui/data.tsx';
import { FilterBar } from '../../../ui/filter-bar.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { useKeys } from '../../../ui/page-keys.ts';
import { usePaletteEntries } from '../../../ui/palette-entries.ts';
import { type PanelState, Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { experimentsContract } from '../contract/experiments.ts';
import type { Experiment } from '../schema.ts';
import { readList } from './address-list.ts';
import { ExperimentPicker } from './experiment-picker.tsx';
import { itemsIn, nodeAt, treeOf } from './experiment-tree.ts';
import { RunGroups } from './run-groups.tsx';
import { copiesOf, fetchedColumns, filterFault, firstColumns, orderBy, withBest } from './run-question.ts';
import { RunTable } from './run-table.tsx';
import { ExportMenu, ViewsMenu } from './run-tools.tsx';
import { compareHref, runsLead } from './run-words.ts';
import { useFilterOffers, useFirstKeys } from './use-run-keys.ts';
import { type RunsQuestion, useCounts, useRuns } from './use-runs.ts';

/** Runs of the project's experiments: filtered by the search grammar, ordered, grouped, compared, thrown away and taken back. */
export function Runs() {
  const { project, search, setSearch } = usePlace();
  const { experiment, q = '', group, trash } = search;
  const experiments = useEndpoint(experimentsContract.searchExperiments, { body: { max_results: 50_000 } });
  const chosen = useChosen(experiments.data?.experiments, experiment);
  const fault = useMemo(() => filterFault(q), [q]);
  const shown = useShown(project, chosen.ids, search.cols, search.best === '1');
  const question = useQuestion(project, chosen.ids, shown, fault ? undefined : q);
  const runs = useRuns(group ? undefined : question);
  const { counts, fresh, seen } = useCounts(question);
  const { onTyping, offers } = useFilterOffers({ project, experiments: chosen.ids });
  const askAnew = useAskAnew();
  useCommands(project);
  const none = counts !== undefined && counts.matching === 0;
  const state: PanelState =
    none && q
      ? {
          kind: 'filtered',
          sentence: `No run matches ${q}; ${formatNumber(counts.total, 'count')} without the filter.`,
          onClear: () => setSearch({ q: undefined }),
        }
      : none && trash
        ? { kind: 'empty', empty: <p className="r-serif">The trash is empty.</p> }
        : none
          ? { kind: 'empty', empty: <NoRun /> }
          : experiments.fault
            ? { kind: 'error', fault: experiments.fault, onRetry: experiments.retry }
            : runs.fault && !fault
              ? { kind: 'error', fault: runs.fault, onRetry: runs.retry }
              : runs.loading && !group
                ? { kind: 'loading', rows: 10, awaiting: 'Still waiting for the runs.' }
                : { kind: 'ready', refreshing: runs.refreshing };
  return (
    <PageFrame
      title={trash ? `Trash of ${chosen.label.toLowerCase()}` : chosen.title}
      wide
      lead={counts && counts.total > 0 ? runsLead(project, counts, q !== '') : undefined}
      actions={
        question ? (
          <>
            <ViewsMenu />
            <ExportMenu question={question} />
            <CopyAs
              formats={copiesOf(location.origin, project, {
                experiments: chosen.ids,
                filter: q,
                sort: search.sort,
                columns: question.columns,
              })}
            />
          </>
        ) : undefined
      }
    >
      <div className="r-row">
        <ExperimentPicker
          experiments={experiments.data?.experiments ?? []}
          chosen={experiment}
          label={chosen.label}
          onChoose={(next) => setSearch({ experiment: next, cols: undefined, sel: undefined })}
        />
        <GroupMenu shown={shown ?? []} />
        <label className="r-check">
          <input
            type="checkbox"
            checked={search.nest !== '0'}
            onChange={() => setSearch({ nest: search.nest === '0' ? undefined : 0 })}
          />
          Children under their parents
        </label>
        <label className="r-check">
          <input
            type="checkbox"
            checked={search.best === '1'}
            onChange={() => setSearch({ best: search.best ? undefined : 1 })}
          />
          Best beside last
        </label>
        <Action
          icon={<Trash2 className="r-icon" />}
          onClick={() => setSearch({ trash: trash ? undefined : 1, sel: undefined })}
        >
          {trash ? 'Back to the runs' : 'Trash'}
        </Action>
      </div>
      <FilterBar
        value={q}
        onChange={(next) => setSearch({ q: next || undefined }, { replace: true })}
        placeholder="For example metrics.log_loss < 0.47 and params.depth = '8'"
        count={counts ? countText(counts, q !== '') : undefined}
        error={fault}
        onTyping={onTyping}
        offers={offers}
      />
      <Panel state={state}>
        {question && group ? (
          <RunGroups question={question} by={group} />
        ) : question && shown ? (
          <RunTable
            question={question}
            runs={runs}
            shown={shown}
            total={counts?.matching}
            fresh={fresh}
            onFresh={() => {
              seen();
              void askAnew();
            }}
          />
        ) : null}
      </Panel>
    </PageFrame>
  );
}

const countText = (counts: { matching: number; total: number }, filtered: boolean) =>
  filtered
    ? `${formatNumber(counts.matching, 'count')} of ${formatNumber(counts.total, 'count')}`
    : formatNumber(counts.total, 'count');

/** The experiments that the address names: one by id, a folder by its path and a slash, or all. */
function useChosen(experiments: readonly Experiment[] | undefined, named: string | undefined) {
  return useMemo(() => {
    const all = experiments ?? [];
    const one = all.find((each) => each.experiment_id === named);
    if (one) return { ids: [one.experiment_id], title: one.name, label: one.name };
    if (named?.endsWith('/')) {
      const folder = nodeAt(
        treeOf(all, (each) => each.name),
        named.slice(0, -1),
      );
      if (folder)
        return { ids: itemsIn(folder).map((each) => each.experiment_id), title: named, label: named };
    }
    // The id of the address is enough to begin with; its name comes later.
    if (!experiments && named && /^\d+$/.test(named))
      return { ids: [named], title: 'Experiment', label: 'Experiment' };
    return { ids: all.map((each) => each.experiment_id), title: 'Experiments', label: 'All experiments' };
  }, [experiments, named]);
}

/** Ids of the columns that are shown: those of the address, else what most runs have; `best`: each metric's best value beside it. */
function useShown(
  project: string,
  ids: readonly string[],
  cols: string | undefined,
  best: boolean,
): string[] | undefined {
  const first = useFirstKeys({ project, experiments: ids }, cols === undefined && ids.length > 0);
  return useMemo(() => {
    const named = readList(cols);
    const shown = named ?? (first && ['name', 'status', ...firstColumns(first), 'took', 'started']);
    return best ? shown && withBest(shown) : shown;
  }, [cols, first, best]);
}

/** What is asked; while the filter is wrong, what was asked before. */
function useQuestion(
  project: string,
  ids: readonly string[],
  shown: readonly string[] | undefined,
  filter: string | undefined,
): RunsQuestion | undefined {
  const { search } = usePlace();
  const [last, setLast] = useState(filter ?? '');
  if (filter !== undefined && filter !== last) setLast(filter);
  const { sort, trash, nest } = search;
  return useMemo(
    () =>
      shown && ids.length > 0
        ? {
            project,
            experiments: ids,
            filter: filter ?? last,
            order: orderBy(sort),
            ...fetchedColumns(shown, sort),
            view: trash ? ('DELETED_ONLY' as const) : ('ACTIVE_ONLY' as const),
            nested: nest !== '0' && !trash,
          }
        : undefined,
    [project, ids, shown, filter, last, sort, trash, nest],
  );
}

/** Groups by one of the columns that are shown, by a fixed attribute, or by what was read. */
function GroupMenu({ shown }: { shown: readonly string[] }) {
  const { search, setSearch } = usePlace();
  const keys = [
    'status',
    'user_id',
    'datasets.name',
    'datasets.digest',
    ...shown.filter((id) => /^(params|tags)\./.test(id)),
  ];
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button type="button" className="r-action" aria-pressed={search.group !== undefined}>
          <Group className="r-icon" />
          {search.group ? `Grouped by ${search.group}` : 'Group'}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {search.group ? (
          <Menu.Item onClick={() => setSearch({ group: undefined })}>Do not group</Menu.Item>
        ) : null}
        {keys.map((id) => (
          <Menu.Item key={id} onClick={() => setSearch({ group: id })}>
            {id}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Keys and palette entries of this page. */
function useCommands(project: string) {
  const { go, search, setSearch } = usePlace();
  const { sel, trash, nest } = search;
  const commands = useMemo(
    () => {
      const compare = () => {
        const ids = sel?.split(',') ?? [];
        if (ids.length >= 2) go(compareHref(project, ids));
      };
      return {
        keys: [{ keys: 'c', label: 'Compare the chosen runs', run: compare }],
        entries: [
          {
            id: 'runs.compare',
            kind: 'action' as const,
            label: 'Compare the chosen runs',
            keys: 'c',
            run: compare,
          },
          {
            id: 'runs.trash',
            kind: 'action' as const,
            label: trash ? 'Back from the trash to the runs' : 'Show the trash of runs',
            run: () => setSearch({ trash: trash ? undefined : 1, sel: undefined }),
          },
          {
            id: 'runs.nest',
            kind: 'action' as const,
            label: nest === '0' ? 'Put child runs under their parents' : 'List child runs like all others',
            run: () => setSearch({ nest: nest === '0' ? undefined : 0 }),
          },
        ],
      };
    },
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `go` and `setSearch` are made anew at each draw and do the same
    [project, sel, trash, nest],
  );
  useKeys(commands.keys);
  usePaletteEntries(commands.entries);
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
