import { type Lead, lead, type LeadPart } from '../../lib/lead.ts';
import { pageHref } from '../../lib/page-href.ts';
import type { Arm } from './schema/control.ts';
import type { EndpointRow } from './store/endpoints.ts';
import { championOf } from './traffic.ts';

/** Who answers at an endpoint, and who is tried beside it. */
export function endpointLead(row: EndpointRow, arms: Arm[]): Lead {
  const champion = championOf(arms);
  if (!champion) return lead(`${row.name} answers nothing yet; no deployment is live.`);
  const candidate = arms.find((arm) => arm.arm === 'candidate');
  const first = [
    `${champion.model} v${champion.version} answers `,
    champion.weight === 1 ? 'all' : weightPart(row, champion),
    ` of ${row.environment}`,
  ];
  if (!candidate) return lead(...first, '.');
  return candidate.shadow && candidate.weight === 0
    ? lead(...first, `; v${candidate.version} shadows it.`)
    : lead(...first, `; v${candidate.version} answers `, weightPart(row, candidate), '.');
}

const weightPart = ({ project, name }: EndpointRow, arm: Arm): LeadPart => ({
  type: 'number',
  value: arm.weight,
  style: 'share',
  proof: {
    definition: `Chance with which a request goes to v${arm.version}, as the traffic is set; the same unit always goes to the same arm.`,
    rows: {
      label: 'the history of its traffic',
      href: `${pageHref(project, 'endpoints', name)}?tab=traffic`,
    },
  },
});
