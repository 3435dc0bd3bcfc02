import { ChevronDown, ChevronRight } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { cutMiddle, type DataColumn } from '../../../ui/data-column.ts';
import { useAskAnew, useBarrier } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { pageOf, usePlace } from '../../../ui/place.ts';
import type { RowAction } from '../../../ui/row-menu.tsx';
import { useTableState } from '../../../ui/table-state.ts';
import type { Run } from '../schema.ts';
import { keyColumn, LAST, STATUS } from './run-columns.tsx';
import { MoveRuns } from './move-runs.tsx';
import { RenameRun } from './run-tools.tsx';
import { compareHref } from './run-words.ts';
import { useColumnFinder } from './use-run-keys.ts';
import type { RunsQuestion, useRuns } from './use-runs.ts';
import { PurgeRuns } from './purge-runs.tsx';
import { MOST_COMPARED } from './use-compared.ts';
import { TrashProgress } from './trash-progress.tsx';
import { useTrash } from './use-trash.ts';

export interface RunTableProps {
  question: RunsQuestion;
  runs: ReturnType<typeof useRuns>;
  /** Ids of the columns that are shown. */
  shown: readonly string[];
  total: number | undefined;
  /** Runs that came since the rows were loaded. */
  fresh: number;
  onFresh: () => void;
}

/** Runs by id, or all that match. */
interface ManyRuns {
  runs: readonly string[] | 'all';
  count: number;
}

/** The runs themselves: rows as they are asked for, with what can be done with one or with many. */
export function RunTable({ question, runs, shown, total, fresh, onFresh }: RunTableProps) {
  const { project, search, setSearch } = usePlace();
  const [renamed, setRenamed] = useState<Run>();
  const [all, setAll] = useState(false);
  const trash = useTrash(question);
  const barrier = useBarrier('track');
  const purgeBarrier = useBarrier('operate');
  const [purged, setPurged] = useState<ManyRuns>();
  const [moving, setMoving] = useState<ManyRuns>();
  const askAnew = useAskAnew();
  const columns = useColumns(runs, question, shown);
  const table = useTableState(columns);
  const add = (id: string) =>
    setSearch({ cols: [...shown, id].map(encodeURIComponent).join(',') }, { replace: true });
  const find = useColumnFinder(question, add);
  const [many, setMany] = useState<ReadonlySet<string>>();
  const selected = useMemo(
    () => many ?? new Set(search.sel ? search.sel.split(',') : []),
    [many, search.sel],
  );
  const select = (ids: ReadonlySet<string>) => {
    const fits = ids.size <= MOST_COMPARED;
    setAll(false);
    setMany(fits ? undefined : ids);
    setSearch({ sel: fits ? [...ids].join(',') || undefined : undefined }, { replace: true });
  };
  const href = useCallback((run: Run) => pageOf(project, 'runs', run.info.run_id), [project]);
  const inTrash = question.view === 'DELETED_ONLY';
  const actions = (run: Run): RowAction[] => {
    const id = run.info.run_id;
    if (inTrash)
      return [{ label: 'Restore', because: barrier, run: () => void trash.move('restore', [id], 1) }];
    return [
      { label: 'Rename', because: barrier, run: () => setRenamed(run) },
      {
        label: selected.has(id) ? 'Choose no more' : 'Choose',
        run: () =>
          select(new Set(selected.has(id) ? [...selected].filter((each) => each !== id) : [...selected, id])),
      },
      { label: 'Move to an experiment', because: barrier, run: () => setMoving({ runs: [id], count: 1 }) },
      {
        label: 'Move to trash',
        harmful: true,
        because: barrier,
        run: () => void trash.move('delete', [id], 1),
      },
    ];
  };
  const chosen = (ids: ReadonlySet<string>): ManyRuns =>
    all ? { runs: 'all', count: total ?? 0 } : { runs: [...ids], count: ids.size };
  const move = async (ids: ReadonlySet<string>) => {
    const { runs: which, count } = chosen(ids);
    await trash.move(inTrash ? 'restore' : 'delete', which, count);
    select(new Set());
  };
  return (
    <>
      <DataTable
        label="Runs"
        rows={runs.rows}
        columns={columns}
        {...table}
        ordered
        kept="runs"
        find={find}
        total={total}
        more={runs.more}
        fresh={
          fresh > 0 ? { text: `${fresh} new ${fresh === 1 ? 'run' : 'runs'}`, onShow: onFresh } : undefined
        }
        selected={selected}
        onSelect={select}
        allMatching={total === undefined ? undefined : { total, chosen: all, onChoose: setAll }}
        actions={actions}
        bulk={(ids) => (
          <>
            {inTrash ? null : (
              <Action
                because={
                  ids.size < 2
                    ? 'Choose two runs or more.'
                    : all || ids.size > MOST_COMPARED
                      ? `At most ${MOST_COMPARED} runs are compared.`
                      : undefined
                }
                href={compareHref(project, [...ids])}
              >
                {`Compare ${ids.size}`}
              </Action>
            )}
            {inTrash ? null : (
              <Action
                because={
                  barrier ??
                  (!all && ids.size > MOST_NAMED
                    ? `At most ${formatNumber(MOST_NAMED, 'count')} runs are moved one by one; choose all that match.`
                    : undefined)
                }
                onClick={() => setMoving(chosen(ids))}
              >
                {`Move ${formatNumber(chosen(ids).count, 'count')}`}
              </Action>
            )}
            <Action kind={inTrash ? 'plain' : 'harmful'} because={barrier} onClick={() => void move(ids)}>
              {inTrash ? 'Restore' : 'Move to trash'}
            </Action>
            {inTrash ? (
              <Action kind="harmful" because={purgeBarrier} onClick={() => setPurged(chosen(ids))}>
                {`Delete ${formatNumber(chosen(ids).count, 'count')} for good`}
              </Action>
            ) : null}
          </>
        )}
        rowId={runId}
        href={href}
        dense
        maxHeight={720}
      />
      <TrashProgress trash={trash} />
      {purged ? (
        <PurgeRuns
          question={question}
          {...purged}
          onClose={() => setPurged(undefined)}
          onDone={() => {
            setPurged(undefined);
            select(new Set());
            void askAnew();
          }}
        />
      ) : null}
      {moving ? (
        <MoveRuns
          question={question}
          {...moving}
          onClose={() => setMoving(undefined)}
          onDone={() => {
            setMoving(undefined);
            select(new Set());
            void askAnew();
          }}
        />
      ) : null}
      {renamed ? (
        <RenameRun
          run={renamed}
          onClose={(done) => {
            setRenamed(undefined);
            if (done) void askAnew();
          }}
        />
      ) : null}
    </>
  );
}

/** Ids in one request. */
const MOST_NAMED = 10_000;
const runId = (run: Run) => run.info.run_id;

/** The name, the status, a column for each key that is shown, and what every run has. */
function useColumns(
  { open, toggle, rows }: Pick<ReturnType<typeof useRuns>, 'open' | 'toggle' | 'rows'>,
  question: RunsQuestion,
  shown: readonly string[],
): DataColumn<Run>[] {
  const children = useMemo(() => new Set([...open.values()].flatMap((runs) => runs.map(runId))), [open]);
  const texts = textColumns(rows, shown).join('\n');
  return useMemo(() => {
    const words = new Set(texts.split('\n'));
    const keys = shown
      .filter((id) => id.includes('.'))
      .flatMap((id, at) => keyColumn(id, at) ?? [])
      .map((column) => (words.has(column.id) ? { ...column, style: undefined, proof: undefined } : column));
    const name: DataColumn<Run> = {
      id: 'name',
      head: 'run',
      value: (run) => run.info.run_name || run.info.run_id,
      cell: (run) => (
        <RunName
          run={run}
          child={children.has(run.info.run_id)}
          opened={open.has(run.info.run_id)}
          onToggle={() => toggle(run.info.run_id)}
        />
      ),
      width: 320,
      grow: true,
      narrow: 'name',
    };
    return [name, STATUS, ...keys, ...LAST];
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `toggle` is made anew at each draw and does the same for the same question
  }, [children, open, question, shown, texts]);
}

/** Params of which one of the first runs has a word: they stand as text, not under a decimal point. */
function textColumns(rows: readonly Run[], shown: readonly string[]): string[] {
  const params = rows.slice(0, LOOKED_AT).flatMap((run) => run.data.params ?? []);
  const words = params.filter(({ value }) => value !== '' && !Number.isFinite(Number(value)));
  const keys = new Set(words.map(({ key }) => `params.${key}`));
  return shown.filter((id) => keys.has(id));
}

const LOOKED_AT = 100;

function RunName({
  run,
  child,
  opened,
  onToggle,
}: {
  run: Run;
  child: boolean;
  opened: boolean;
  onToggle: () => void;
}) {
  const name = run.info.run_name || run.info.run_id;
  return (
    <span className="r-run-name" data-child={child || undefined} title={name}>
      {run.info.children ? (
        <span
          role="button"
          tabIndex={-1}
          className="r-run-fold"
          aria-label={`${run.info.children} ${run.info.children === 1 ? 'child' : 'children'} of ${name}`}
          aria-expanded={opened}
          onClick={(event) => {
            event.preventDefault();
            event.stopPropagation();
            onToggle();
          }}
        >
          {opened ? <ChevronDown className="r-icon" /> : <ChevronRight className="r-icon" />}
          {run.info.children}
        </span>
      ) : null}
      <span dir="auto">{cutMiddle(name, 60)}</span>
    </span>
  );
}
