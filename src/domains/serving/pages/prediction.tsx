import type { ReactNode } from 'react';
import { lineageContract } from '../../lineage/contract.ts';
import { Action } from '../../../ui/action.tsx';
import { Chain } from '../../../ui/chain.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { CopyAs } from '../../../ui/copy-as.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import { servingContract } from '../contract.ts';
import { causeChain } from './cause-chain.ts';
import { answerLead } from './prediction-words.ts';
import { isTime, numberOf, partOf } from './serving-words.ts';

type Row = Readonly<Record<string, unknown>>;

/** Why this answer? The request, what the model read, who answered, the truth, and the way back to the source. */
export function Prediction() {
  const { project, params } = usePlace();
  const id = params.prediction ?? '';
  const answer = useEndpoint(servingContract.getPrediction, { params: { id } });
  const lineage = useEndpoint(lineageContract.walkLineage, { query: { of: id, direction: 'up', depth: 20 } });
  const data = answer.data;
  const chain = lineage.data ? causeChain(lineage.data) : undefined;
  return (
    <PageFrame
      title="Why this answer?"
      mark={<Id value={id} length={64} />}
      lead={data ? answerLead(data.prediction, data.feedback) : undefined}
      actions={
        <>
          <Action href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(id)}`}>Lineage</Action>
          {data ? (
            <CopyAs label="Copy as JSON" formats={[{ label: 'JSON', text: JSON.stringify(data, null, 2) }]} />
          ) : null}
        </>
      }
    >
      <Panel state={panelState(answer, { rows: 8 })}>
        {data ? (
          <Columns>
            <div className="r-stack">
              <Values
                title="Request"
                row={partOf(data.prediction, 'request')}
                none="The request had no columns of its own."
              />
              <Circumstances project={project} prediction={data.prediction} />
            </div>
            <Values
              title="What the model read"
              row={partOf(data.prediction, 'feature')}
              none="The model read the request as it was."
            />
          </Columns>
        ) : null}
      </Panel>
      <Panel
        title="Where it came from"
        note={
          chain
            ? `${chain.links.length - chain.gaps} of ${chain.links.length} known${lineage.data?.truncated ? ', cut' : ''}`
            : undefined
        }
        state={panelState(lineage, { rows: 2 })}
      >
        {chain ? <Chain label="From the answer back to its source" links={chain.links} /> : null}
        {chain && chain.others > 0 ? (
          <a className="r-small" href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(id)}`}>
            {chain.others === 1 ? '1 more thing' : `${chain.others} more things`} that led to it
          </a>
        ) : null}
      </Panel>
      {data ? <Truth feedback={data.feedback} /> : null}
      {data ? <Shadows project={project} prediction={data.prediction} shadows={data.shadows} /> : null}
    </PageFrame>
  );
}

function Values({
  title,
  row,
  none,
}: {
  title: string;
  row: Readonly<Record<string, unknown>>;
  none: string;
}) {
  const entries = Object.entries(row);
  return (
    <section className="r-panel">
      <h2 className="r-h2">
        {title} <span className="r-small">{entries.length > 0 ? entries.length : null}</span>
      </h2>
      {entries.length === 0 ? <p className="r-prose">{none}</p> : null}
      <div className="r-tall" tabIndex={entries.length > 14 ? 0 : undefined}>
        <Facts rows={entries.map(([key, value]) => [key, shown(key, value)] as const)} />
      </div>
    </section>
  );
}

const shown = (key: string, value: unknown): ReactNode => {
  if (value === null || value === undefined) return 'missing';
  if (isTime(key, value)) return <When at={numberOf(value)} clock="event" />;
  return <span data-raw>{typeof value === 'number' ? formatNumber(value, 'metric') : String(value)}</span>;
};

function Circumstances({ project, prediction }: { project: string; prediction: Row }) {
  const propensity = numberOf(prediction.propensity);
  return (
    <section className="r-panel">
      <h2 className="r-h2">Who answered, and when</h2>
      <Facts
        rows={[
          ['Endpoint', String(prediction.endpoint)],
          ['Deployment', String(prediction.deployment)],
          [
            'Chance of this arm',
            propensity === null ? (
              'the request named a version, or it was a shadow'
            ) : (
              <Num
                kind="counted"
                value={propensity}
                style="share"
                proof={{
                  definition:
                    'The weight of the arm in the traffic when the request came; verdicts weigh rows by it.',
                  rows: {
                    label: 'the traffic of the endpoint',
                    href: `${pageOf(project, 'endpoints', String(prediction.endpoint))}?tab=traffic`,
                  },
                }}
              />
            ),
          ],
          [
            'Unit',
            prediction.unit === null || prediction.unit === undefined ? undefined : String(prediction.unit),
          ],
          ['Event time', <When at={numberOf(prediction.event_time)} clock="event" />],
          ['Answered', <When at={numberOf(prediction.wall_time)} clock="wall" />],
          [
            'Took',
            <Num
              kind="counted"
              value={(numberOf(prediction.latency_us) ?? 0) / 1e6}
              style="seconds"
              proof={{
                definition: 'From the arrival of the request to the write of its log line.',
                clock: 'wall',
                query: `GET /api/v1/predictions/${String(prediction.prediction_id)}`,
              }}
            />,
          ],
          ['All outputs', <code className="r-code">{String(prediction.outputs)}</code>],
        ]}
      />
    </section>
  );
}

const TRUTH: readonly DataColumn<Row>[] = [
  {
    id: 'label',
    head: 'truth',
    value: (row) => String(row.label_text ?? row.label),
    width: 140,
    grow: true,
    narrow: 'name',
  },
  {
    id: 'observed',
    head: 'known since',
    value: (row) => numberOf(row.observed_at),
    cell: (row) => <When at={numberOf(row.observed_at)} clock="event" />,
    width: 160,
  },
  {
    id: 'told',
    head: 'told to Rondo',
    value: (row) => numberOf(row.wall_time),
    cell: (row) => <When at={numberOf(row.wall_time)} clock="wall" />,
    width: 140,
  },
];

function Truth({ feedback }: { feedback: readonly Row[] }) {
  return (
    <Panel
      title="The truth"
      note={feedback.length > 1 ? 'the latest counts' : undefined}
      state={
        feedback.length === 0
          ? { kind: 'waiting', sentence: 'Nobody has said yet what really happened.' }
          : { kind: 'ready' }
      }
    >
      <DataTable
        label="Feedback"
        rows={feedback}
        columns={TRUTH}
        rowId={(row) => `${String(row.observed_at)} ${String(row.wall_time)}`}
        fixedColumns
      />
    </Panel>
  );
}

function Shadows({
  project,
  prediction,
  shadows,
}: {
  project: string;
  prediction: Row;
  shadows: readonly Row[];
}) {
  if (shadows.length === 0) return null;
  const answered = numberOf(prediction.output);
  const columns: readonly DataColumn<Row>[] = [
    {
      id: 'deployment',
      head: 'deployment',
      value: (row) => `deployment ${String(row.deployment)}`,
      width: 140,
      grow: true,
      narrow: 'name',
    },
    {
      id: 'output',
      head: 'would have said',
      value: (row) => numberOf(row.output),
      style: 'metric',
      proof: 'The first output of the shadow for the same request; nobody was answered with it.',
      width: 130,
      narrow: 'end',
    },
    {
      id: 'difference',
      head: 'against the answer',
      value: (row) => {
        const other = numberOf(row.output);
        return other === null || answered === null ? null : other - answered;
      },
      style: 'metric',
      proof: 'What the shadow would have said minus what was answered.',
      width: 150,
    },
    {
      id: 'took',
      head: 'took',
      value: (row) => (numberOf(row.latency_us) ?? 0) / 1e6,
      style: 'seconds',
      proof: 'From the start of the scoring of the shadow to its end.',
      width: 90,
    },
  ];
  return (
    <Panel title="What shadows said on the same request">
      <DataTable
        label="Shadows"
        rows={shadows}
        columns={columns}
        rowId={(row) => String(row.prediction_id)}
        source={() => ({
          rows: {
            label: 'its endpoint',
            href: pageOf(project, 'endpoints', String(prediction.endpoint)),
          },
        })}
        fixedColumns
      />
    </Panel>
  );
}
