import { formatEstimate } from '../../ui/number.ts';
import type { LoopFacts } from './facts.ts';

/** Who answers the last environment and how well, what is wrong, what waits for somebody. */
export function overviewLead(facts: LoopFacts): { type: 'text'; text: string }[] {
  const goal = facts.project.environments.at(-1)?.name;
  const live = facts.endpoints.find((endpoint) => endpoint.environment === goal && endpoint.arms.length > 0);
  const champion = live?.arms.find((arm) => arm.arm === 'champion');
  if (!live || !champion)
    return [
      {
        type: 'text',
        text: `Nothing answers in ${goal ?? 'this project'} yet. The ring shows how far it has come.`,
      },
    ];
  const share = champion.weight === 1 ? 'all' : `${Math.round(champion.weight * 1000) / 10}%`;
  return [
    {
      type: 'text',
      text: `${champion.model} v${champion.version} answers ${share} of ${live.environment}.${quality(facts, live.name)}${troubles(facts)}`,
    },
  ];
}

function quality(facts: LoopFacts, endpoint: string): string {
  const monitor = facts.monitors.find(
    (each) => each.spec.kind === 'quality' && each.spec.endpoint === endpoint,
  );
  const last = monitor?.last;
  if (!last || last.value === null || last.low === null || last.high === null) return '';
  const shown = formatEstimate(last.value, [last.low, last.high]);
  return ` Its skill is ${shown.value} (${shown.low} to ${shown.high}).`;
}

function troubles(facts: LoopFacts): string {
  const alerts = facts.alerts.filter((alert) => alert.state !== 'resolved').length;
  const open = facts.approvals.filter((approval) => approval.state === 'open').length;
  const parts = [
    alerts > 0 ? (alerts === 1 ? 'one alert is open' : `${alerts} alerts are open`) : undefined,
    open > 0 ? (open === 1 ? 'one approval waits for you' : `${open} approvals wait for you`) : undefined,
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return ' Nothing waits for you.';
  const text = parts.join(' and ');
  return ` ${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
