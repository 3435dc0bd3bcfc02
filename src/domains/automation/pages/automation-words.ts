import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { pageOf } from '../../../ui/place.ts';
import type { RuleView } from '../schema/firing.ts';

/** How many rules listen, what they did in 90 days, and which stopped themselves. */
export function rulesLead(
  project: string,
  rules: readonly Pick<RuleView, 'name' | 'state' | 'counts'>[],
): LeadPart[] {
  const rows = { label: 'rules and their history', href: pageOf(project, 'automation') };
  const on = rules.filter((rule) => rule.state === 'on').length;
  const open = rules.filter((rule) => rule.state === 'open');
  const sum = (state: 'done' | 'started' | 'held_back' | 'failed') =>
    rules.reduce((total, rule) => total + (rule.counts[state] ?? 0), 0);
  const times = (n: number, definition: string) =>
    counted(n, { definition, window: 'the last 90 days', clock: 'wall', rows }, n === 1 ? 'time' : 'times');
  return lead(
    counted(on, {
      definition: 'Rules that are neither paused nor stopped by their breaker.',
      n: rules.length,
      rows,
    }),
    ` of ${rules.length} rules ${on === 1 ? 'listens' : 'listen'}; they acted `,
    times(sum('done') + sum('started') + sum('failed'), 'Firings that did something, failed ones included.'),
    ' in 90 days and held back ',
    times(sum('held_back'), 'Firings that a guard stopped.'),
    '.',
    open.length === 0
      ? ''
      : ` ${open.map((rule) => rule.name).join(', ')} failed too often and waits for you.`,
  ).parts;
}
