import type { RuleView } from '../schema/firing.ts';

/** How many rules listen, what they did in 90 days, and which stopped themselves. */
export function rulesLead(
  rules: readonly Pick<RuleView, 'name' | 'state' | 'counts'>[],
): { type: 'text'; text: string }[] {
  const on = rules.filter((rule) => rule.state === 'on').length;
  const open = rules.filter((rule) => rule.state === 'open');
  const sum = (state: 'done' | 'started' | 'held_back' | 'failed') =>
    rules.reduce((total, rule) => total + (rule.counts[state] ?? 0), 0);
  const acted = sum('done') + sum('started') + sum('failed');
  const first = `${on} of ${rules.length} rules listen; they acted ${acted === 1 ? 'once' : `${acted} times`} in 90 days and held back ${sum('held_back') === 1 ? 'once' : `${sum('held_back')} times`}.`;
  const second =
    open.length === 0
      ? ''
      : ` ${open.map((rule) => rule.name).join(', ')} failed too often and waits for you.`;
  return [{ type: 'text', text: first + second }];
}
