import type { LaneEvent } from '../../../ui/event-lane.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';
import type { Look, Rollout } from '../schema.ts';

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

/** The sentence after its word: "Keep going. The gain …" loses the first two words where the word stands above it. */
export function sentenceAfter(word: string, sentence: string): string {
  return sentence.startsWith(`${word}. `) ? sentence.slice(word.length + 2) : sentence;
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

export function rolloutsLead(rollouts: readonly Rollout[]): { type: 'text'; text: string }[] {
  const running = rollouts.filter((each) => each.state === 'shadow' || each.state === 'canary');
  const decided = rollouts.filter((each) => each.state === 'decided');
  const count = (verdict: string) => decided.filter((each) => each.verdict === verdict).length;
  const first =
    running.length === 0
      ? 'No candidate is being tried.'
      : `${running.map((each) => `${each.model} v${each.candidate}`).join(', ')} ${running.length === 1 ? 'is' : 'are'} being tried.`;
  const second =
    decided.length === 0
      ? ''
      : ` Of ${decided.length} decided ${decided.length === 1 ? 'rollout' : 'rollouts'}, ${count('promote')} promoted, ${count('roll_back')} rolled back, ${count('inconclusive')} stayed open.`;
  return [{ type: 'text', text: first + second }];
}
