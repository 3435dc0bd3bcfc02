import { monitoringProof } from '../../domains/monitoring/pages/monitor-words.ts';
import { counted, estimated, lead, type LeadPart } from '../../lib/lead.ts';
import { pageHref } from '../../lib/page-href.ts';
import type { LoopFacts } from './facts.ts';

/** Who answers the last environment and how well, what is wrong, what waits for somebody. */
export function overviewLead(facts: LoopFacts): LeadPart[] {
  const goal = facts.project.environments.at(-1)?.name;
  const live = facts.endpoints.find((endpoint) => endpoint.environment === goal && endpoint.arms.length > 0);
  const champion = live?.arms.find((arm) => arm.arm === 'champion');
  if (!live || !champion)
    return lead(`Nothing answers in ${goal ?? 'this project'} yet. The ring shows how far it has come.`)
      .parts;
  const share: string | LeadPart =
    champion.weight === 1
      ? 'all'
      : {
          type: 'number',
          value: champion.weight,
          style: 'share',
          proof: {
            definition: `Chance with which a request of ${live.name} goes to v${champion.version}.`,
            rows: { label: 'its traffic', href: pageHref(live.project, 'endpoints', live.name) },
          },
        };
  return lead(
    `${champion.model} v${champion.version} answers `,
    share,
    ` of ${live.environment}.`,
    ...quality(facts, live.name),
    ...troubles(facts),
  ).parts;
}

function quality(facts: LoopFacts, endpoint: string): (string | LeadPart)[] {
  const monitor = facts.monitors.find(
    (each) => each.spec.kind === 'quality' && each.spec.endpoint === endpoint,
  );
  const last = monitor?.last;
  if (!monitor || !last || last.value === null || last.low === null || last.high === null) return [];
  const { value, low, high, labelled: n } = last;
  return [' Its skill is ', estimated({ value, low, high, n }, monitoringProof(monitor, last)), '.'];
}

function troubles(facts: LoopFacts): (string | LeadPart)[] {
  const alerts = facts.alerts.filter((alert) => alert.state !== 'resolved').length;
  const open = facts.approvals.filter((approval) => approval.state === 'open').length;
  if (alerts + open === 0) return [' Nothing waits for you.'];
  return [
    ' ',
    ...(alerts > 0
      ? [
          counted(alerts, {
            definition: 'Alerts of all monitors that no window has closed.',
            rows: { label: 'the monitors', href: pageHref(facts.project.name, 'monitors') },
          }),
          alerts === 1 ? ' alert is open' : ' alerts are open',
        ]
      : []),
    alerts > 0 && open > 0 ? ' and ' : '',
    ...(open > 0
      ? [
          counted(open, {
            definition: 'Requests that a person has to answer.',
            rows: { label: 'the inbox', href: '/inbox' },
          }),
          open === 1 ? ' approval waits for you' : ' approvals wait for you',
        ]
      : []),
    '.',
  ];
}
