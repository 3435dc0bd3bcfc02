import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Lead } from '../../../ui/lead.tsx';
import { pageOf } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';
import { When } from '../../../ui/when.tsx';
import { monitoringContract } from '../contract.ts';
import type { Alert } from '../schema.ts';
import { outcomeSentence } from './monitor-words.ts';

const WORDS: Readonly<Record<Alert['state'], StatusWord>> = {
  firing: 'Alert',
  acknowledged: 'Pending',
  resolved: 'Done',
};

/** Alerts, newest first: what was so, since when in event time, who looks after it. */
export function Alerts({ project, alerts }: { project: string; alerts: readonly Alert[] }) {
  const barrier = useBarrier('edit');
  const acknowledge = useAct(monitoringContract.acknowledgeAlert, () => 'You look after this alert now.');
  const mark = useAct(monitoringContract.markAlert, () => 'Your word on this alert is recorded.');
  const busy = acknowledge.running || mark.running ? 'It is being recorded.' : undefined;
  if (alerts.length === 0) return <p className="r-serif">No alert was ever opened here.</p>;
  return (
    <>
      {acknowledge.fault ? <Fault fault={acknowledge.fault} /> : null}
      {mark.fault ? <Fault fault={mark.fault} /> : null}
      <ul className="r-list" aria-label="Alerts">
        {alerts.map((alert) => (
          <li key={alert.id} className="r-alert">
            <Status word={WORDS[alert.state]} still />
            <span className="r-request-what">
              <Lead small parts={alert.parts} />
              <span className="r-small">
                <a className="r-quiet" href={pageOf(project, 'monitors', alert.monitor)}>
                  {alert.monitor}
                </a>{' '}
                on {alert.endpoint}, since <When at={alert.opened_event_time} clock="event" />
                {alert.closed_event_time === null ? null : (
                  <>
                    , until <When at={alert.closed_event_time} clock="event" />
                  </>
                )}
                {alert.acknowledged_by ? `, looked after by ${alert.acknowledged_by}` : null}
              </span>
              {alert.outcome ? <span className="r-small">{outcomeSentence(alert.outcome)}</span> : null}
            </span>
            <span className="r-gate-actions">
              {alert.state === 'firing' ? (
                <Action
                  because={barrier ?? busy}
                  onClick={() => acknowledge.run({ params: { project, id: alert.id } })}
                >
                  Acknowledge
                </Action>
              ) : null}
              {alert.outcome?.alarm === 'false' ? null : (
                <Action
                  because={barrier ?? busy}
                  onClick={() => mark.run({ params: { project, id: alert.id }, body: { alarm: 'false' } })}
                >
                  False alarm
                </Action>
              )}
              {alert.outcome && alert.outcome.by !== 'records' ? (
                <Action
                  because={barrier ?? busy}
                  onClick={() => mark.run({ params: { project, id: alert.id }, body: { alarm: null } })}
                >
                  Take my word back
                </Action>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
