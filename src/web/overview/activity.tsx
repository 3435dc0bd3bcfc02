import { eventsContract } from '../../events/contract.ts';
import { panelState, useEndpoint } from '../../ui/data.tsx';
import { Panel } from '../../ui/panel.tsx';
import { When } from '../../ui/when.tsx';
import { eventSentence, isNews } from './event-sentence.ts';

const SHOWN = 9;

/** What happened last, in sentences, newest first. */
export function Activity({ project }: { project: string }) {
  const answer = useEndpoint(eventsContract.listEvents, { query: { project, limit: 200 } });
  const events = (answer.data?.events ?? []).filter(isNews).slice(0, SHOWN);
  return (
    <Panel
      title="Activity"
      note="wall clock"
      state={panelState(answer, {
        rows: 6,
        empty: () =>
          answer.data && events.length === 0 ? (
            <p className="r-prose">Nothing has happened in this project yet.</p>
          ) : undefined,
      })}
    >
      <ol className="r-activity">
        {events.map((event) => (
          <li key={event.id}>
            <span className="r-small">
              <When at={event.time} clock="wall" />
            </span>
            <span>{eventSentence(event)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
