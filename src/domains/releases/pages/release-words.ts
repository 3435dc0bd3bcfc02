import type { Environment } from '../../projects/schema.ts';
import type { Arm, Endpoint } from '../../serving/schema/control.ts';
import type { Gate as GateLine } from '../../../ui/gate-list.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';
import { pageOf } from '../../../ui/place.ts';
import type { Gate, Promotion, PromotionState } from '../schema.ts';

export const STATE_WORDS: Readonly<Record<PromotionState, StatusWord>> = {
  checking: 'Running',
  waiting: 'Needs you',
  rolling: 'Running',
  done: 'Done',
  refused: 'Failed',
  failed: 'Failed',
};

/** What the state is called beside its glyph. */
export const STATE_TEXTS: Readonly<Record<PromotionState, string>> = {
  checking: 'gates are checked',
  waiting: 'waits for people',
  rolling: 'is being tried',
  done: 'done',
  refused: 'refused',
  failed: 'failed',
};

const GATE_WORDS: Readonly<Record<Gate['state'], StatusWord>> = {
  passed: 'Passed',
  failed: 'Failed',
  skipped: 'Skipped',
};

const GATE_NAMES: Readonly<Record<Gate['name'], string>> = {
  order: 'came the right way',
  checks: 'data was checked',
  baseline: 'beats the baseline',
  champion: 'not worse than the champion',
  signature: 'callers stay whole',
  ci: 'CI passed',
  lineage: 'origin is known',
};

/** Gates of the service as the kit shows them. */
export const gateLines = (project: string, gates: readonly Gate[]): GateLine[] =>
  gates.map((gate) => ({
    id: gate.name,
    name: GATE_NAMES[gate.name],
    rule: gate.sentence,
    word: GATE_WORDS[gate.state],
    value: gate.value ?? undefined,
    interval: gate.low === null || gate.high === null ? undefined : [gate.low, gate.high],
    limit: gate.limit ?? undefined,
    proof:
      gate.proof === null ? undefined : { definition: gate.sentence, rows: recordOf(project, gate.proof) },
  }));

/** The record that proves a gate, with what it came from. */
const recordOf = (project: string, urn: string) => ({
  label: 'the record',
  href: `${pageOf(project, 'lineage')}?of=${encodeURIComponent(urn)}`,
});

/** "4 of 6 gates passed, 2 skipped". */
export function gatesText(gates: readonly Gate[]): string | null {
  if (gates.length === 0) return null;
  const count = (state: Gate['state']) => gates.filter((gate) => gate.state === state).length;
  const judged = gates.length - count('skipped');
  return `${count('passed')} of ${judged} passed${count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''}`;
}

/** One environment on the way: who answers there now, and the newest promotion into it. */
export interface Stop {
  environment: Environment;
  endpoints: { name: string; champion: Arm; candidate: Arm | undefined }[];
  newest: Promotion | undefined;
}

export function stopsOf(
  environments: readonly Environment[],
  endpoints: readonly Endpoint[],
  promotions: readonly Promotion[],
): Stop[] {
  return environments.map((environment) => ({
    environment,
    endpoints: endpoints
      .filter((endpoint) => endpoint.environment === environment.name)
      .flatMap((endpoint) => {
        const champion = endpoint.arms.find((arm) => arm.arm === 'champion');
        return champion
          ? [
              {
                name: endpoint.name,
                champion,
                candidate: endpoint.arms.find((arm) => arm.arm === 'candidate'),
              },
            ]
          : [];
      }),
    newest: promotions
      .filter((promotion) => promotion.environment === environment.name)
      .sort((a, b) => b.id - a.id)[0],
  }));
}

/** What the last environment has, and what is on its way there. */
export function releasesLead(
  stops: readonly Stop[],
  promotions: readonly Promotion[],
): { type: 'text'; text: string }[] {
  const last = stops.at(-1);
  const live = last?.endpoints[0]?.champion;
  const first = !last
    ? ''
    : live
      ? `${last.environment.name} has ${live.model} v${live.version}.`
      : `Nothing answers in ${last.environment.name} yet.`;
  const open = promotions.filter((promotion) => ['checking', 'waiting', 'rolling'].includes(promotion.state));
  const second = open
    .slice(0, 2)
    .map(
      (promotion) => ` v${promotion.version} ${STATE_TEXTS[promotion.state]} for ${promotion.environment}.`,
    )
    .join('');
  return [{ type: 'text', text: `${first}${second || ' Nothing is on its way.'}`.trim() }];
}
