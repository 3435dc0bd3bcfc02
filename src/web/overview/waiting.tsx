import { pageOf } from '../../ui/place.ts';
import { NeedsYou, Status } from '../../ui/status.tsx';
import { When } from '../../ui/when.tsx';
import type { LoopFacts } from './facts.ts';

/** What needs a person and what is broken, each with where to go. */
export function Waiting({ facts }: { facts: LoopFacts }) {
  const { name } = facts.project;
  const open = facts.approvals.filter((approval) => approval.state === 'open');
  const alerts = facts.alerts.filter((alert) => alert.state !== 'resolved');
  if (open.length === 0 && alerts.length === 0)
    return (
      <section className="r-panel">
        <h2 className="r-h2">Nothing needs you</h2>
        <p className="r-prose">No approval waits and no alert is open.</p>
      </section>
    );
  return (
    <>
      {open.length > 0 ? (
        <section className="r-panel">
          <h2 className="r-h2">
            <NeedsYou count={open.length} href="/inbox" />
          </h2>
          <ul className="r-list">
            {open.map((approval) => (
              <li key={approval.id}>
                <a href={`/inbox?id=${approval.id}`}>{approval.title}</a>
                <span className="r-small">
                  {' '}
                  asked by {approval.requested_by}, <When at={approval.created_at} clock="wall" />
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {alerts.length > 0 ? (
        <section className="r-panel">
          <h2 className="r-h2">
            <Status word="Broken" /> {alerts.length}
          </h2>
          <ul className="r-list">
            {alerts.slice(0, 5).map((alert) => (
              <li key={alert.id}>
                <a href={pageOf(name, 'monitors', alert.monitor)}>{alert.sentence}</a>
                <span className="r-small">
                  {' '}
                  since <When at={alert.opened_event_time} clock="event" />
                  {alert.acknowledged_by ? `, looked after by ${alert.acknowledged_by}` : ''}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}
