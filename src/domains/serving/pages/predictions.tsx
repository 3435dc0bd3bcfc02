import { useMemo } from 'react';
import { Select } from '@mantine/core';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { commandFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import { servingContract } from '../contract.ts';
import type { Endpoint } from '../schema/control.ts';
import { callForms, isTime, numberOf, partOf, predictionsLead } from './serving-words.ts';

type Row = Readonly<Record<string, unknown>>;
const LIMIT = 500;

/** The newest logged answers of an endpoint with their truth. */
export function Predictions() {
  const { project, search, setSearch } = usePlace();
  const endpoints = useEndpoint(servingContract.listEndpoints, { params: { project } });
  const all = endpoints.data?.endpoints ?? [];
  const chosen = all.find((each) => each.name === search.endpoint) ?? busiest(all);
  const span = {
    ...(search.from ? { from: Number(search.from) } : {}),
    ...(search.to ? { until: Number(search.to) } : {}),
  };
  const answer = useEndpoint(
    servingContract.listPredictions,
    chosen ? { params: { project, endpoint: chosen.name }, query: { limit: LIMIT, ...span } } : undefined,
  );
  const rows = answer.data?.predictions ?? [];
  const columns = useMemo(() => columnsOf(answer.data?.predictions ?? []), [answer.data]);
  const table = useTableState(columns);
  const labelled = rows.filter((row) => row.label !== null && row.label !== undefined).length;
  return (
    <PageFrame
      title="Predictions"
      wide
      lead={chosen && answer.data ? predictionsLead(chosen, rows.length, labelled) : undefined}
    >
      <Panel
        title="Newest answers"
        note={
          rows.length > 0
            ? `${formatNumber(rows.length, 'count')} of ${formatNumber(chosen?.predictions, 'count')}, by event time`
            : undefined
        }
        actions={
          all.length > 1 ? (
            <Select
              aria-label="Endpoint"
              data={all.map((each) => each.name)}
              value={chosen?.name ?? null}
              allowDeselect={false}
              onChange={(name) => setSearch({ endpoint: name ?? undefined })}
            />
          ) : undefined
        }
        state={stateOf(project, endpoints, answer, all, chosen, rows)}
      >
        <DataTable
          label={`Predictions of ${chosen?.name ?? ''}`}
          rows={rows}
          columns={columns}
          {...table}
          rowId={(row) => String(row.prediction_id)}
          href={(row) => pageOf(project, 'predictions', String(row.prediction_id))}
          dense
          total={chosen?.predictions}
        />
      </Panel>
    </PageFrame>
  );
}

const busiest = (all: readonly Endpoint[]) => [...all].sort((a, b) => b.predictions - a.predictions)[0];

function stateOf(
  project: string,
  endpoints: ReturnType<typeof useEndpoint<typeof servingContract.listEndpoints>>,
  answer: ReturnType<typeof useEndpoint<typeof servingContract.listPredictions>>,
  all: readonly Endpoint[],
  chosen: Endpoint | undefined,
  rows: readonly Row[],
) {
  if (endpoints.data && all.length === 0)
    return {
      kind: 'empty' as const,
      empty: (
        <Empty command={commandFor(project, 'endpoints deploy my-model-dev --model models:/my-model/1')}>
          Every answer of every endpoint is kept here with what it was made from. There is no endpoint yet.
        </Empty>
      ),
    };
  if (!chosen) return panelState(endpoints, { rows: 8 });
  if (answer.data && rows.length === 0)
    return {
      kind: 'empty' as const,
      empty: (
        <>
          <Empty>
            Nothing was asked of {chosen.name} yet. This makes the first answer, once the row has the columns
            of the model.
          </Empty>
          <CodeBlock label={`Call ${chosen.name}`} forms={callForms(chosen.url, {})} />
        </>
      ),
    };
  return panelState(answer, { rows: 10 });
}

/** The output is what the model said: its way is the page of the prediction. */
const answerProof = (row: Row) => ({
  proof: {
    definition: 'The first output of the model for this request, as it was answered.',
    clock: 'event' as const,
    rows: {
      label: 'why this answer',
      href: `${location.pathname.replace(/\/$/, '')}/${encodeURIComponent(String(row.prediction_id))}`,
    },
  },
});

function columnsOf(rows: readonly Row[]): DataColumn<Row>[] {
  const first = rows[0] ?? {};
  const inputs = Object.keys(partOf(first, 'request'));
  return [
    {
      id: 'event',
      head: 'event time',
      value: (row) => numberOf(row.event_time),
      cell: (row) => <When at={numberOf(row.event_time)} clock="event" />,
      width: 150,
      narrow: 'name',
    },
    {
      id: 'output',
      head: 'answer',
      value: (row) => numberOf(row.output),
      style: 'metric',
      proof: answerProof,
      width: 90,
      narrow: 'end',
    },
    {
      id: 'label',
      head: 'truth',
      value: (row) => numberOf(row.label),
      style: 'measure',
      proof: null,
      width: 80,
    },
    {
      id: 'deployment',
      head: 'deployment',
      value: (row) => numberOf(row.deployment),
      style: 'exact',
      proof: null,
      width: 100,
    },
    ...inputs.slice(0, 24).map(
      (name, index): DataColumn<Row> => ({
        id: `request.${name}`,
        head: name,
        value: (row) => cellOf(row[`request.${name}`]),
        cell: isTime(name, first[`request.${name}`])
          ? (row) => <When at={numberOf(row[`request.${name}`])} clock="event" />
          : undefined,
        width: 110,
        grow: true,
        hidden: index > 5,
        narrow: index < 3 ? 'line' : 'none',
      }),
    ),
    {
      id: 'latency',
      head: 'took',
      value: (row) => (numberOf(row.latency_us) ?? 0) / 1e6,
      style: 'seconds',
      proof: 'From the arrival of the request to the write of its log line.',
      width: 90,
      narrow: 'none',
    },
    { id: 'unit', head: 'unit', value: (row) => cellOf(row.unit), width: 110, hidden: true, narrow: 'none' },
    {
      id: 'id',
      head: 'id',
      value: (row) => String(row.prediction_id),
      width: 220,
      hidden: true,
      narrow: 'none',
    },
  ];
}

const cellOf = (value: unknown): string | number | null =>
  typeof value === 'number' || typeof value === 'string'
    ? value
    : value === null || value === undefined
      ? null
      : JSON.stringify(value);
