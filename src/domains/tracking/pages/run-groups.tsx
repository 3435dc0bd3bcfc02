import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { withTerm } from '../../../ui/filter-bar.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { runTableContract } from '../contract/run-table.ts';
import type { RunGroup } from '../schema.ts';
import { keyText, valueText } from './filter-words.ts';
import { betterOf } from './run-words.ts';
import type { RunsQuestion } from './use-runs.ts';

/** Matching runs by the value of a key, with count, median and extremes of the metrics that are shown; a row filters by its value. */
export function RunGroups({ question, by }: { question: RunsQuestion; by: string }) {
  const { search, setSearch } = usePlace();
  const metrics = question.columns
    .filter((column) => column.startsWith('metrics.'))
    .map((column) => column.slice('metrics.'.length))
    .slice(0, 6);
  const field = fieldOf(by);
  const answer = useEndpoint(runTableContract.groupRuns, {
    params: { project: question.project },
    body: {
      experiment_ids: [...question.experiments],
      filter: question.filter,
      view: question.view,
      by: field,
      metrics,
      limit: 500,
    },
  });
  const groups = answer.data?.groups ?? [];
  const open = (group: RunGroup) => {
    const term = group.value === null ? `${field} IS NULL` : `${field} = ${valueText(group.value)}`;
    setSearch({ q: withTerm(search.q ?? '', term), group: undefined });
  };
  return (
    <Panel
      note={answer.data?.more ? 'The 500 largest groups are shown.' : undefined}
      state={panelState(answer, { rows: 8 })}
    >
      <DataTable
        label={`Runs by ${by}`}
        rows={groups}
        columns={columnsFor(by, metrics)}
        rowId={(group) => group.value ?? '\u0000'}
        onOpen={open}
        dense
        maxHeight={720}
      />
    </Panel>
  );
}

/** The id of a column as a field of the grammar. */
function fieldOf(id: string): string {
  const dot = id.indexOf('.');
  return dot < 0 ? id : `${id.slice(0, dot)}.${keyText(id.slice(dot + 1))}`;
}

const NAME: Readonly<Record<string, string>> = {
  status: 'status',
  user_id: 'by',
  'datasets.name': 'dataset',
  'datasets.digest': 'dataset digest',
};

function columnsFor(by: string, metrics: readonly string[]): DataColumn<RunGroup>[] {
  const of = (group: RunGroup, key: string) => group.metrics.find((metric) => metric.key === key);
  return [
    {
      id: 'value',
      head: NAME[by] ?? by.slice(by.indexOf('.') + 1),
      value: (group) => group.value ?? 'not set',
      width: 200,
      grow: true,
      narrow: 'name',
    },
    {
      id: 'runs',
      head: 'runs',
      value: (group) => group.runs,
      style: 'count',
      proof: null,
      width: 90,
      narrow: 'end',
    },
    ...metrics.flatMap((key): DataColumn<RunGroup>[] => [
      {
        id: `median.${key}`,
        head: `median ${key}`,
        value: (group) => of(group, key)?.median ?? null,
        style: 'metric',
        proof: null,
        better: betterOf(key),
        width: 150,
      },
      {
        id: `min.${key}`,
        head: `lowest ${key}`,
        value: (group) => of(group, key)?.min ?? null,
        style: 'metric',
        proof: null,
        width: 140,
        narrow: 'none',
      },
      {
        id: `max.${key}`,
        head: `highest ${key}`,
        value: (group) => of(group, key)?.max ?? null,
        style: 'metric',
        proof: null,
        width: 140,
        narrow: 'none',
      },
    ]),
  ];
}
