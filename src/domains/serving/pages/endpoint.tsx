import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Num } from '../../../ui/num.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { servingContract } from '../contract.ts';
import type { Deployment, Endpoint as EndpointOf } from '../schema/control.ts';
import { RollBack } from './roll-back.tsx';
import { callForms, partOf, predictionsProof, wayBackOf } from './serving-words.ts';
import { ServiceCharts } from './service-charts.tsx';
import { TrafficBar } from './traffic-bar.tsx';
import { Deployments, TrafficHistory } from './traffic-history.tsx';

/** One endpoint: who answers, how it came to that, and how to call it. */
export function Endpoint() {
  const { project, params, search, hrefWith } = usePlace();
  const name = params.endpoint ?? '';
  const answer = useEndpoint(servingContract.getEndpoint, { params: { project, endpoint: name } });
  const data = answer.data;
  const back = data ? wayBackOf(data.endpoint.arms, data.revisions) : undefined;
  const tab = search.tab ?? 'live';
  return (
    <PageFrame
      title={name}
      mark={data ? <Mark endpoint={data.endpoint} /> : undefined}
      lead={data?.endpoint.lead.parts}
      actions={
        data ? (
          <>
            {back ? <RollBack project={project} endpoint={data.endpoint} to={back} /> : null}
            <Action href={`${pageOf(project, 'predictions')}?endpoint=${encodeURIComponent(name)}`}>
              Predictions
            </Action>
          </>
        ) : undefined
      }
      tabs={[
        { id: 'live', label: 'Live', href: hrefWith({ tab: undefined }) },
        { id: 'traffic', label: 'Traffic', href: hrefWith({ tab: 'traffic' }) },
        { id: 'versions', label: 'Versions', href: hrefWith({ tab: 'versions' }) },
      ]}
      tab={tab}
    >
      {tab === 'traffic' && data ? (
        <Panel title="Traffic" note={`${data.revisions.length} revisions, wall clock`}>
          <TrafficHistory endpoint={data.endpoint} revisions={data.revisions} />
        </Panel>
      ) : tab === 'versions' && data ? (
        <Panel title="Deployments" note="wall clock">
          <Deployments
            project={project}
            endpoint={data.endpoint}
            deployments={data.deployments}
            revisions={data.revisions}
          />
        </Panel>
      ) : (
        <Panel state={panelState(answer, { rows: 6 })}>
          {data ? (
            <Live
              project={project}
              endpoint={data.endpoint}
              deployments={data.deployments}
              settled={data.settled_through}
            />
          ) : null}
        </Panel>
      )}
    </PageFrame>
  );
}

function Mark({ endpoint }: { endpoint: EndpointOf }) {
  return (
    <>
      <span className="r-small">{endpoint.environment}</span>
      <Status word={endpoint.arms.length > 0 ? 'Live' : 'No data'} chip still />
    </>
  );
}

function Live({
  project,
  endpoint,
  deployments,
  settled,
}: {
  project: string;
  endpoint: EndpointOf;
  deployments: readonly Deployment[];
  settled: number | null;
}) {
  return (
    <div className="r-stack">
      <TrafficBar arms={endpoint.arms} />
      <ServiceCharts project={project} endpoint={endpoint} deployments={deployments} />
      <Columns>
        <section className="r-panel">
          <h2 className="r-h2">What is so</h2>
          <Facts
            rows={[
              [
                'Predictions',
                <Num
                  kind="counted"
                  value={endpoint.predictions}
                  proof={predictionsProof(project, endpoint.name)}
                />,
              ],
              ['Newest event', <When at={endpoint.event_time} clock="event" />],
              ['Settled through', settled === null ? 'nothing yet' : <When at={settled} clock="event" />],
              ['Traffic', `revision ${endpoint.revision}`],
              [
                'A unit is',
                endpoint.unit === null ? (
                  'each request, by chance'
                ) : (
                  <code className="r-code">{endpoint.unit}</code>
                ),
              ],
              [
                'Without a log',
                endpoint.log === 'answer' ? 'it answers, and counts the gap' : 'it refuses with 503',
              ],
              ['Changed by', endpoint.protected ? 'a promotion only' : 'any deployment'],
              ['Created', <When at={endpoint.created_at} clock="wall" />],
            ]}
          />
        </section>
        <CallIt project={project} endpoint={endpoint} />
      </Columns>
    </div>
  );
}

/** How to call it, with a row that it was really asked. */
function CallIt({ project, endpoint }: { project: string; endpoint: EndpointOf }) {
  const newest = useEndpoint(servingContract.listPredictions, {
    params: { project, endpoint: endpoint.name },
    query: { limit: 1 },
  });
  const row = newest.data?.predictions[0];
  const request = row ? partOf(row, 'request') : {};
  return (
    <section className="r-panel">
      <h2 className="r-h2">Call it</h2>
      <CodeBlock label={`Call ${endpoint.name}`} forms={callForms(endpoint.url, request)} />
      <p className="r-small">
        {row
          ? 'The row is the newest one in the log.'
          : newest.data
            ? 'Nothing was asked yet: put the columns of the model into the empty row.'
            : 'The newest row of the log is being read.'}
      </p>
    </section>
  );
}
