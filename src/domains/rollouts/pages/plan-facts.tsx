import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Lead } from '../../../ui/lead.tsx';
import { formatSpan } from '../../../ui/time.ts';
import { When } from '../../../ui/when.tsx';
import type { Rollout } from '../schema.ts';
import { type Planned, plannedPart } from '../schema/proofs.ts';

/** What was fixed before the first row was seen. */
export function PlanFacts({ rollout }: { rollout: Rollout }) {
  const { plan } = rollout;
  const fixed = (of: Planned) => <Lead small parts={[plannedPart(rollout, of)]} />;
  return (
    <Columns>
      <section className="r-panel">
        <h2 className="r-h2">Shadow</h2>
        <Facts
          rows={[
            ['Loss', plan.loss.replaceAll('_', ' ')],
            ['Smallest gain', fixed('effect')],
            ['Spread of a row', fixed('sd')],
            ['Chance of error', <>{fixed('alpha')}, two-sided, over all looks together</>],
            ['Power', fixed('power')],
            ['Rows needed', fixed('rows_needed')],
            [
              'Rows expected',
              <>
                {fixed('horizon_rows')} in {formatSpan(plan.horizon_ms)}
              </>,
            ],
            ['Band tightest at', <>{fixed('n_star')} rows</>],
            ['Began', <When at={rollout.started_event_time} clock="event" />],
            [
              'Ended',
              rollout.ended_event_time === null ? undefined : (
                <When at={rollout.ended_event_time} clock="event" />
              ),
            ],
          ]}
        />
      </section>
      <section className="r-panel">
        <h2 className="r-h2">Canary</h2>
        <Facts
          rows={[
            ['Share', fixed('weight')],
            ['Lasts', formatSpan(plan.canary.window_ms)],
            ['May lose at most', fixed('margin')],
            ['Errors', <>at most {fixed('max_error_ratio')} times the champion's rate</>],
            ['p99 latency', <>at most {fixed('max_p99_ms')} ms</>],
          ]}
        />
      </section>
    </Columns>
  );
}
