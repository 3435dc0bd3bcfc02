import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { formatSpan } from '../../../ui/time.ts';
import { When } from '../../../ui/when.tsx';
import type { Rollout } from '../schema.ts';

/** What was fixed before the first row was seen. */
export function PlanFacts({ rollout }: { rollout: Rollout }) {
  const { plan } = rollout;
  return (
    <Columns>
      <section className="r-panel">
        <h2 className="r-h2">Shadow</h2>
        <Facts
          rows={[
            ['Loss', plan.loss.replaceAll('_', ' ')],
            ['Smallest gain', formatNumber(plan.effect, 'exact')],
            ['Spread of a row', formatNumber(plan.sd, 'measure')],
            ['Chance of error', `${formatNumber(plan.alpha, 'share')}, two-sided, over all looks together`],
            ['Power', formatNumber(plan.power, 'share')],
            ['Rows needed', formatNumber(plan.rows_needed, 'count')],
            [
              'Rows expected',
              `${formatNumber(plan.horizon_rows, 'count')} in ${formatSpan(plan.horizon_ms)}`,
            ],
            ['Band tightest at', `${formatNumber(plan.n_star, 'count')} rows`],
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
            ['Share', formatNumber(plan.canary.weight, 'share')],
            ['Lasts', formatSpan(plan.canary.window_ms)],
            ['May lose at most', formatNumber(plan.canary.margin, 'exact')],
            [
              'Errors',
              `at most ${formatNumber(plan.canary.max_error_ratio, 'exact')} times the champion's rate`,
            ],
            ['p99 latency', `at most ${formatNumber(plan.canary.max_p99_ms, 'exact')} ms`],
          ]}
        />
      </section>
    </Columns>
  );
}
