import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Num } from '../../../ui/num.tsx';
import type { NumberStyle } from '../../../ui/number.ts';
import { formatSpan } from '../../../ui/time.ts';
import { When } from '../../../ui/when.tsx';
import type { Rollout } from '../schema.ts';
import { planProof } from '../schema/proofs.ts';

/** What was fixed before the first row was seen. */
export function PlanFacts({ rollout }: { rollout: Rollout }) {
  const { plan } = rollout;
  const fixed = (value: number, style: NumberStyle, definition: string, formula?: string) => (
    <Num kind="counted" value={value} style={style} proof={planProof(rollout, definition, formula)} />
  );
  return (
    <Columns>
      <section className="r-panel">
        <h2 className="r-h2">Shadow</h2>
        <Facts
          rows={[
            ['Loss', plan.loss.replaceAll('_', ' ')],
            ['Smallest gain', fixed(plan.effect, 'exact', 'The smallest gain that the test must find.')],
            [
              'Spread of a row',
              fixed(
                plan.sd,
                'measure',
                'Standard deviation of the difference of one row, from the evaluation of the candidate beside the champion.',
              ),
            ],
            [
              'Chance of error',
              <>
                {fixed(plan.alpha, 'share', 'Chance of a verdict although there is no difference.')},
                two-sided, over all looks together
              </>,
            ],
            ['Power', fixed(plan.power, 'share', 'Chance to find a gain of the stated size.')],
            [
              'Rows needed',
              fixed(
                plan.rows_needed,
                'count',
                'Labelled rows after which a gain of the stated size is found with the stated chance.',
                `sd ${plan.sd}, effect ${plan.effect}, alpha ${plan.alpha}, power ${plan.power}`,
              ),
            ],
            [
              'Rows expected',
              <>
                {fixed(
                  plan.horizon_rows,
                  'count',
                  'Labelled rows that the endpoint is expected to give until the horizon.',
                )}{' '}
                in {formatSpan(plan.horizon_ms)}
              </>,
            ],
            [
              'Band tightest at',
              <>
                {fixed(
                  plan.n_star,
                  'count',
                  'Rows at which the always-valid band is narrowest for its size.',
                )}{' '}
                rows
              </>,
            ],
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
            [
              'Share',
              fixed(plan.canary.weight, 'share', 'Share of the requests that the candidate answers.'),
            ],
            ['Lasts', formatSpan(plan.canary.window_ms)],
            ['May lose at most', fixed(plan.canary.margin, 'exact', 'The most that the candidate may lose.')],
            [
              'Errors',
              <>
                at most{' '}
                {fixed(
                  plan.canary.max_error_ratio,
                  'exact',
                  'How many times as often the candidate may fail.',
                )}{' '}
                times the champion's rate
              </>,
            ],
            [
              'p99 latency',
              <>at most {fixed(plan.canary.max_p99_ms, 'exact', 'The longest p99 that is accepted.')} ms</>,
            ],
          ]}
        />
      </section>
    </Columns>
  );
}
