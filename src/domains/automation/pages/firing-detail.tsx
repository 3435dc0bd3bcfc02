import { Columns } from '../../../ui/columns.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { automationContract } from '../contract.ts';
import type { Firing } from '../schema/firing.ts';

/** One firing: what was true, what each guard said, what was done, what came of it. */
export function FiringDetail({ project, id }: { project: string; id: number }) {
  const { hrefWith } = usePlace();
  const answer = useEndpoint(automationContract.getFiring, { params: { project, id } });
  const data = answer.data;
  return (
    <Panel
      title={data ? `${data.rule}, firing ${id}` : `Firing ${id}`}
      actions={
        <a className="r-action" href={hrefWith({ firing: undefined })}>
          Close
        </a>
      }
      state={panelState(answer, { rows: 6 })}
    >
      {data ? (
        <>
          <p className="r-serif">{data.lead.text}</p>
          <Columns>
            <Truths firing={data} />
            <Guards firing={data} />
            <Consequences project={project} firing={data} />
          </Columns>
        </>
      ) : null}
    </Panel>
  );
}

function Truths({ firing }: { firing: Firing }) {
  return (
    <section className="r-panel">
      <h2 className="r-h2">What was true</h2>
      {firing.condition.length === 0 ? <p className="r-prose">The rule has no condition.</p> : null}
      <ul className="r-list">
        {firing.condition.map((part) => (
          <li key={part.expression}>
            <code className="r-code">{part.expression}</code>
            <span className="r-small">
              {' '}
              {part.value === null ? 'a value was absent' : part.value ? 'true' : 'false'}
              {Object.entries(part.values)
                .map(([key, value]) => `, ${key} = ${JSON.stringify(value)}`)
                .join('')}
            </span>
          </li>
        ))}
      </ul>
      <p className="r-small">
        Heard {firing.event.type} <When at={firing.event.time} clock="wall" />
      </p>
    </section>
  );
}

function Guards({ firing }: { firing: Firing }) {
  return (
    <section className="r-panel">
      <h2 className="r-h2">What each guard said</h2>
      {firing.guards.length === 0 ? <p className="r-prose">The rule has no guard.</p> : null}
      <ul className="r-list">
        {firing.guards.map((guard) => (
          <li key={guard.guard} className="r-wrap">
            <Status word={guard.passed ? 'Passed' : 'Failed'} glyphOnly still />
            <span>
              {guard.guard.replaceAll('_', ' ')}: {guard.why}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Consequences({ project, firing }: { project: string; firing: Firing }) {
  return (
    <section className="r-panel">
      <h2 className="r-h2">What was done, and what came of it</h2>
      <ul className="r-list">
        {firing.actions.map((action) => (
          <li key={action.position}>
            {action.asked.action.replaceAll('_', ' ')}: {action.error ?? action.state}
            {action.urn ? (
              <>
                {' '}
                <a href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(action.urn)}`}>its lineage</a>
              </>
            ) : null}
          </li>
        ))}
        {firing.came_of_it.slice(0, 12).map((event) => (
          <li key={event.event_id}>
            {event.type.replaceAll('.', ' ')}{' '}
            <span className="r-small">{decodeURIComponent(event.subject.split(':').slice(2).join(':'))}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
