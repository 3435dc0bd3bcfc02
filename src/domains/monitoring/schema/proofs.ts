import type { OpenProof, Proof } from '../../../lib/lead.ts';
import { pageHref } from '../../../lib/page-href.ts';
import type { Monitor, MonitorSpec, MonitorWindow } from '../schema.ts';

/** What all numbers of a window share in their proofs: its span of event time, its method, and the answers it judged. */
export const windowProof = (
  project: string,
  spec: Pick<MonitorSpec, 'endpoint'>,
  window: Pick<MonitorWindow, 'start' | 'end' | 'detail'>,
  span: string,
): Omit<OpenProof, 'definition'> & Pick<Extract<Proof, { rows: unknown }>, 'rows'> => ({
  window: span,
  clock: 'event',
  ...(window.detail.method === undefined ? {} : { method: window.detail.method }),
  rows: {
    label: 'the rows',
    href: `${pageHref(project, 'predictions')}?endpoint=${encodeURIComponent(spec.endpoint)}&from=${window.start}&to=${window.end}`,
  },
});

/** A number that is set in a monitor. */
export const setInMonitor = (project: string, monitor: string, definition: string): Proof => ({
  definition: `${definition} Set in the monitor.`,
  rows: { label: 'the monitor', href: pageHref(project, 'monitors', monitor) },
});

/** Where the limit of a monitor comes from. */
export function limitProof({ project, name, spec }: Pick<Monitor, 'project' | 'name' | 'spec'>): Proof {
  const set = (definition: string) => setInMonitor(project, name, definition);
  if (spec.kind === 'service') return set('The largest share of failed requests.');
  if (spec.kind === 'drift') return set('No feature may shift more than chance explains.');
  if (spec.limit.kind === 'below') return set('The least skill that is accepted.');
  return {
    ...set('A share of the skill that the live version showed in its evaluation by Rondo.'),
    formula: `${spec.limit.share} × skill in the evaluation`,
  };
}
