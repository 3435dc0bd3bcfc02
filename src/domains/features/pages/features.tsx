import { counted } from '../../../lib/lead.ts';
import { requestFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { formatSpan } from '../../../ui/time.ts';
import { When } from '../../../ui/when.tsx';
import { featuresContract } from '../contract.ts';
import type { FreshnessReport, ViewRecord } from '../schema.ts';

/** A view, and its objective measured when it states one. */
interface Row extends ViewRecord {
  report: FreshnessReport | undefined;
}

const COLUMNS: readonly DataColumn<Row>[] = [
  {
    id: 'name',
    head: 'view',
    value: (view) => `${view.name} v${view.version}`,
    width: 140,
    grow: true,
    narrow: 'name',
  },
  { id: 'entity', head: 'entity', value: (view) => view.entity, width: 90, narrow: 'end' },
  {
    id: 'features',
    head: 'features',
    value: (view) => view.features.length,
    style: 'count',
    proof: 'Features that the view defines.',
    width: 80,
  },
  {
    id: 'rows',
    head: 'rows',
    value: (view) => view.freshness.rows,
    style: 'count',
    proof: 'Materialised rows of the view, one for each entity and time.',
    width: 100,
  },
  {
    id: 'ttl',
    head: 'too old after',
    value: (view) => (view.ttl_ms === null ? 'never' : formatSpan(view.ttl_ms)),
    width: 110,
  },
  {
    id: 'objective',
    head: 'freshness objective',
    value: (view) => (view.freshness_ms === null ? null : `at most ${formatSpan(view.freshness_ms)}`),
    cell: (view) =>
      view.freshness_ms === null ? (
        'none stated'
      ) : (
        <span>
          {view.report ? <Status word={view.report.met ? 'Passed' : 'Failed'} still /> : null}{' '}
          {formatSpan(view.freshness_ms)}
        </span>
      ),
    width: 160,
    narrow: 'none',
  },
  {
    id: 'behind',
    head: 'not online yet',
    value: (view) => view.freshness.offline_only,
    style: 'count',
    proof: 'Materialised rows that the online store has not got yet.',
    width: 110,
    narrow: 'none',
  },
  { id: 'source', head: 'from', value: (view) => view.source, width: 90 },
  {
    id: 'newest',
    head: 'newest event',
    value: (view) => view.freshness.newest_event_time,
    cell: (view) => <When at={view.freshness.newest_event_time} clock="event" />,
    width: 140,
    narrow: 'none',
  },
];

/** Feature views with how fresh they are, and the services that models read. */
export function Features() {
  const { project } = usePlace();
  const answer = useEndpoint(featuresContract.listFeatures, { params: { project } });
  const freshness = useEndpoint(featuresContract.listFreshness, { params: { project } });
  const reports = new Map((freshness.data?.views ?? []).map((report) => [report.view, report]));
  const views = (answer.data?.views ?? []).map((view): Row => ({ ...view, report: reports.get(view.name) }));
  const rows = { label: 'the views', href: pageOf(project, 'features') };
  const behind = views.filter((view) => view.freshness.offline_only > 0);
  return (
    <PageFrame
      title="Features"
      wide
      lead={
        views.length > 0
          ? [
              counted(views.length, { definition: 'Feature views of this project.', rows }),
              { type: 'text', text: views.length === 1 ? ' view gives ' : ' views give ' },
              counted(
                views.reduce((sum, view) => sum + view.features.length, 0),
                { definition: 'Features of all views, added up.', rows },
                'features',
              ),
              {
                type: 'text',
                text: `. ${behind.length === 0 ? 'What is computed is online too.' : `${behind.map((view) => view.name).join(', ')} ${behind.length === 1 ? 'has' : 'have'} rows that are not online yet.`}`,
              },
            ]
          : undefined
      }
    >
      <Panel
        title="Views"
        note="event time"
        state={panelState(answer, {
          rows: 4,
          empty: (data) =>
            data.views.length === 0 ? (
              <Empty command={requestFor(project, 'POST', 'features/apply', 'features.json')}>
                A view computes features of an entity from a dataset, each value with the time from which it
                could be known. None is defined yet.
              </Empty>
            ) : undefined,
        })}
      >
        <DataTable
          label="Feature views"
          rows={views}
          columns={COLUMNS}
          rowId={(view) => view.name}
          href={(view) => pageOf(project, 'features', view.name)}
        />
      </Panel>
      {(answer.data?.services ?? []).map((service) => (
        <Panel
          key={service.name}
          title={`Service ${service.name} v${service.version}`}
          note="what one model reads"
        >
          <Facts
            rows={[
              ['Request', service.request.map((column) => `${column.name} ${column.type}`).join(', ')],
              ['Event time', service.event_time_column ?? 'the moment of the request'],
              ...service.transforms.map(
                (transform) =>
                  [transform.name, <code className="r-code">{transform.expression}</code>] as const,
              ),
              ...service.joins.map(
                (join) =>
                  [
                    `${join.view} v${join.view_version}`,
                    `${join.features.map((feature) => feature.as).join(', ')} by ${'column' in join.key ? join.key.column : 'one key for all'}`,
                  ] as const,
              ),
            ]}
          />
        </Panel>
      ))}
    </PageFrame>
  );
}
