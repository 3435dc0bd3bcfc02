import { counted, type Lead, lead, type Proof } from '../../../lib/lead.ts';
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

/** A number that was fixed before the first row was seen. */
export const planProof = (
  rollout: Pick<Rollout, 'id' | 'project' | 'plan'>,
  definition: string,
  formula?: string,
): Proof => ({
  definition: `${definition} Fixed in the plan before the first row was seen.`,
  ...(formula === undefined ? {} : { formula }),
  rows: { label: 'the plan', href: `${pageHref(rollout.project, 'rollouts', rollout.id)}?tab=plan` },
});

/** What a rollout says before anybody has looked at it. */
export const planLead = (
  rollout: Pick<Rollout, 'id' | 'project' | 'plan' | 'candidate' | 'champion'>,
): Lead =>
  lead(
    `v${rollout.candidate} shadows v${rollout.champion}; about `,
    counted(
      rollout.plan.rows_needed,
      planProof(
        rollout,
        'Labelled rows after which a gain of the stated size is found with the stated chance.',
        `sd ${rollout.plan.sd}, effect ${rollout.plan.effect}, alpha ${rollout.plan.alpha}, power ${rollout.plan.power}`,
      ),
    ),
    ' labelled rows settle a gain of ',
    {
      type: 'number',
      value: rollout.plan.effect,
      style: 'exact',
      proof: planProof(rollout, 'The smallest gain that the test must find.'),
    },
    '.',
  );
