import { counted, type LeadPart, type Proof } from '../../../lib/lead.ts';
import { pageOf } from '../../../ui/place.ts';
import type { LaneEvent } from '../../../ui/event-lane.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';
import type { Look, Rollout } from '../schema.ts';
import { lookProof, planLead } from '../schema/proofs.ts';

export const VERDICT_WORDS: Readonly<Record<Look['decision'], string>> = {
  keep_going: 'Keep going',
  to_canary: 'On to the canary',
  promote: 'Promote',
  roll_back: 'Roll back',
  inconclusive: 'Inconclusive',
  no_verdict: 'No verdict',
};

/** The verdict as one or two words: what was decided, else what the newest look says. */
export function verdictWord(rollout: Pick<Rollout, 'state' | 'verdict' | 'looks'>): string {
  if (rollout.state === 'stopped') return 'Stopped';
  const last = rollout.looks.at(-1);
  if (rollout.verdict)
    return last?.decision === 'no_verdict' ? VERDICT_WORDS.no_verdict : VERDICT_WORDS[rollout.verdict];
  return last ? VERDICT_WORDS.keep_going : 'Not looked at yet';
}

/** What the rollout says after its word: "Keep going. The gain …" loses the first two words where the word stands above it. */
export function wordsAfter(word: string, rollout: Rollout): LeadPart[] {
  const { sentence } = rollout;
  const last = rollout.looks.at(-1);
  const began = planLead(rollout);
  const parts: LeadPart[] =
    sentence === last?.sentence
      ? last.parts
      : sentence === began.text
        ? began.parts
        : [{ type: 'text', text: sentence }];
  const [first, ...rest] = parts;
  if (first?.type !== 'text' || !first.text.startsWith(`${word}. `)) return parts;
  return [{ type: 'text', text: first.text.slice(word.length + 2) }, ...rest];
}

export const statusOf = (rollout: Pick<Rollout, 'state' | 'verdict'>): StatusWord => {
  if (rollout.state === 'shadow' || rollout.state === 'canary') return 'Running';
  if (rollout.state === 'stopped') return 'Cancelled';
  return rollout.verdict === 'promote' ? 'Done' : rollout.verdict === 'roll_back' ? 'Failed' : 'Paused';
};

/** "canary 10%, day 4 of 7": where it stands in its own plan, in event time. */
export function stageText(rollout: Pick<Rollout, 'state' | 'plan' | 'stage_event_time' | 'looks'>): string {
  const { plan, state } = rollout;
  if (state === 'decided' || state === 'stopped') return 'over';
  const through = rollout.looks.at(-1)?.through ?? rollout.stage_event_time;
  const day = Math.max(0, Math.floor((through - rollout.stage_event_time) / DAY));
  const most = Math.round((state === 'shadow' ? plan.horizon_ms : plan.canary.window_ms) / DAY);
  return state === 'shadow'
    ? `shadow, day ${day} of at most ${most}`
    : `canary ${Math.round(plan.canary.weight * 1000) / 10}%, day ${day} of ${most}`;
}

const DAY = 86_400_000;

/** What the looks did to the traffic, in event time. */
export const laneOf = (
  rollout: Pick<Rollout, 'looks' | 'started_event_time' | 'candidate' | 'champion'>,
): LaneEvent[] => [
  {
    row: 'Traffic',
    shape: 'up',
    at: rollout.started_event_time,
    label: `v${rollout.candidate} shadows v${rollout.champion}`,
  },
  ...rollout.looks.flatMap((look): LaneEvent[] => {
    if (look.decision === 'keep_going') return [];
    const down = look.decision !== 'to_canary' && look.decision !== 'promote';
    return [{ row: 'Traffic', shape: down ? 'down' : 'up', at: look.through, label: look.sentence }];
  }),
];

export const gainProof = (rollout: Rollout, look: Look): Proof =>
  lookProof(
    rollout,
    look,
    `How much lower the ${lossOf(rollout)} of v${rollout.candidate} is than that of v${rollout.champion}, on the same requests.`,
    'mean(loss of champion − loss of candidate), paired by request',
  );

const lossOf = ({ plan }: Pick<Rollout, 'plan'>) => plan.loss.replaceAll('_', ' ');

/** The gain of the newest look and what it rests on, as numbers that can be asked; what follows is the sentence of the look. */
export function evidenceParts(rollout: Rollout): LeadPart[] {
  const look = rollout.looks.at(-1);
  if (!look || look.gain === null) return [];
  return [
    { type: 'text', text: `Gain of v${rollout.candidate} in ${lossOf(rollout)}: ` },
    {
      type: 'number',
      value: look.gain,
      ...(look.low === null || look.high === null ? {} : { interval: [look.low, look.high] }),
      n: look.n,
      proof: gainProof(rollout, look),
    },
    { type: 'text', text: ' on ' },
    counted(
      look.n,
      lookProof(rollout, look, 'Requests scored by both arms whose truth is known.'),
      'paired rows',
    ),
    { type: 'text', text: ` of the ${look.stage}.` },
  ];
}

export function rolloutsLead(project: string, rollouts: readonly Rollout[]): LeadPart[] {
  const running = rollouts.filter((each) => each.state === 'shadow' || each.state === 'canary');
  const rows = { label: 'the rollouts', href: pageOf(project, 'rollouts') };
  const decided = rollouts.filter((each) => each.state === 'decided');
  const count = (verdict: Rollout['verdict'], definition: string) =>
    counted(decided.filter((each) => each.verdict === verdict).length, {
      definition,
      n: decided.length,
      rows,
    });
  const first: LeadPart = {
    type: 'text',
    text:
      running.length === 0
        ? 'No candidate is being tried.'
        : `${running.map((each) => `${each.model} v${each.candidate}`).join(', ')} ${running.length === 1 ? 'is' : 'are'} being tried.`,
  };
  if (decided.length === 0) return [first];
  return [
    first,
    { type: 'text', text: ' Of ' },
    counted(
      decided.length,
      { definition: 'Rollouts that ended with a verdict; stopped ones are not counted.', rows },
      decided.length === 1 ? 'decided rollout' : 'decided rollouts',
    ),
    { type: 'text', text: ', ' },
    count('promote', 'Rollouts whose candidate was promoted.'),
    { type: 'text', text: ' promoted, ' },
    count('roll_back', 'Rollouts whose candidate was proven worse or broke a guardrail.'),
    { type: 'text', text: ' rolled back, ' },
    count('inconclusive', 'Rollouts whose horizon ended while the gain could still be 0.'),
    { type: 'text', text: ' stayed open.' },
  ];
}
