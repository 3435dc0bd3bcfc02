import { counted, type Lead, lead, type LeadPart } from '../../lib/lead.ts';
import { pageHref } from '../../lib/page-href.ts';
import { nameOf } from './level.ts';
import type { Finding } from './schema.ts';

/** "Level 3, automated deployment. 4 of 5 criteria of level 4 hold; missing: …" */
export function maturityLead(
  project: string,
  level: number,
  findings: readonly Finding[],
  target: number | null,
): Lead {
  const rows = { label: 'the criteria', href: pageHref(project, 'maturity') };
  const query = `rondo maturity show --project ${project} --json`;
  const parts: (string | LeadPart)[] = [
    'Level ',
    counted(level, {
      definition: 'The least level of the machine-checked axes; a level counts only if all below it hold.',
      formula: 'min(model creation, model release, application integration)',
      n: findings.length,
      rows,
      query,
      method: `${findings.filter((finding) => finding.state === 'pass').length} of ${findings.length} criteria hold, each counted from records`,
    }),
    `, ${lower(nameOf(level))}. `,
  ];
  if (level === 4) return lead(...parts, 'Every criterion of every level holds.');
  const next = findings.filter((finding) => finding.level === level + 1);
  const missing = next.filter((finding) => finding.state !== 'pass');
  parts.push(
    counted(next.length - missing.length, {
      definition: `Criteria of level ${level + 1} whose records reach what is needed.`,
      n: next.length,
      rows,
      query,
    }),
    ` of ${next.length} criteria of level ${level + 1} hold; missing: `,
  );
  parts.push(missing.map((finding) => lower(finding.title)).join('; '), '.');
  if (target !== null && target <= level) parts.push(` The target is level ${target}.`);
  return lead(...parts);
}

/** Lower case at the start of a sentence, acronyms kept. */
const lower = (text: string): string =>
  /^[A-Z](?:[a-z]| )/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
