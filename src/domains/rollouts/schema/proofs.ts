import { type Lead, lead, type NumberPart, type Proof } from '../../../lib/lead.ts';
import { pageHref } from '../../../lib/page-href.ts';
import type { Look, Rollout } from '../schema.ts';

/** What the numbers of one look share in their proofs; the rows are the answers of its stage up to it. */
export function lookProof(
  rollout: Pick<Rollout, 'project' | 'endpoint' | 'plan' | 'started_event_time' | 'stage_event_time'>,
  look: Pick<Look, 'stage' | 'through'> & { n?: number },
  definition: string,
  formula?: string,
): Proof {
  const from = look.stage === 'shadow' ? rollout.started_event_time : rollout.stage_event_time;
  const until = new Date(look.through).toISOString().slice(0, 10);
  return {
    definition,
    ...(formula === undefined ? {} : { formula }),
    ...(look.n === undefined ? {} : { n: look.n }),
    window: `the ${look.stage} up to ${until}`,
    clock: 'event',
    method: `confidence sequence over all looks together, chance of error ${rollout.plan.alpha}; days count as clusters`,
    rows: {
      label: 'the answers',
      href: `${pageHref(rollout.project, 'predictions')}?endpoint=${encodeURIComponent(rollout.endpoint)}&from=${from}&to=${look.through}`,
    },
  };
}

/** What each number of a plan is. */
const PLANNED = {
  effect: 'The smallest gain that the test must find.',
  sd: 'Standard deviation of the difference of one row, from the evaluation of the candidate beside the champion.',
  alpha: 'Chance of a verdict although there is no difference.',
  power: 'Chance to find a gain of the stated size.',
  rows_needed: 'Labelled rows after which a gain of the stated size is found with the stated chance.',
  horizon_rows: 'Labelled rows that the endpoint is expected to give until the horizon.',
  n_star: 'Rows at which the always-valid band is narrowest for its size.',
  weight: 'Share of the requests that the candidate answers in the canary.',
  margin: 'The most that the candidate may lose.',
  max_error_ratio: 'How many times as often the candidate may fail.',
  max_p99_ms: 'The longest p99 that is accepted.',
} as const;
export type Planned = keyof typeof PLANNED;

type Numbered = Pick<Rollout, 'id' | 'project' | 'plan'>;

/** A number of the plan, fixed before the first row was seen, as it stands. */
export function plannedPart({ id, project, plan }: Numbered, of: Planned): NumberPart {
  const { effect, sd, alpha, power } = plan;
  return {
    type: 'number',
    value: { ...plan, ...plan.canary }[of],
    style: STYLES[of] ?? 'exact',
    proof: {
      definition: `${PLANNED[of]} Fixed in the plan before the first row was seen.`,
      ...(of === 'rows_needed'
        ? { formula: `sd ${sd}, effect ${effect}, alpha ${alpha}, power ${power}` }
        : {}),
      rows: { label: 'the plan', href: `${pageHref(project, 'rollouts', id)}?tab=plan` },
    },
  };
}

const STYLES: Partial<Record<Planned, NumberPart['style']>> = {
  sd: 'measure',
  alpha: 'share',
  power: 'share',
  weight: 'share',
  rows_needed: 'count',
  horizon_rows: 'count',
  n_star: 'count',
};

/** What a rollout says before anybody has looked at it. */
export const planLead = (rollout: Numbered & Pick<Rollout, 'candidate' | 'champion'>): Lead =>
  lead(
    `v${rollout.candidate} shadows v${rollout.champion}; about `,
    plannedPart(rollout, 'rows_needed'),
    ' labelled rows settle a gain of ',
    plannedPart(rollout, 'effect'),
    '.',
  );
