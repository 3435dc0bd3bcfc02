import { counted, estimated, type Lead, lead, type LeadPart, type Proof } from '../../lib/lead.ts';
import { pageHref } from '../../lib/page-href.ts';
import type { MonitorSpec, MonitorWindow } from './schema.ts';

const date = (time: number) => new Date(time).toISOString().slice(0, 10);

/** What one window says: the number first, over which rows, against which limit. */
export function windowLead(project: string, spec: MonitorSpec, window: MonitorWindow): Lead {
  const span = `${date(window.start)} to ${date(window.end - 1)}`;
  const about = proofOf(project, spec, window, span);
  if (window.state === 'no_data')
    return lead(
      `No data from ${span}: `,
      counted(window.n, { ...about, definition: 'Answers of the endpoint in this window.' }, 'rows'),
      ', ',
      counted(spec.min_rows, 'Fewer rows than this are no data; set in the monitor.'),
      ' needed.',
    );
  switch (spec.kind) {
    case 'quality':
      return lead(...qualityParts(spec, window, span, about));
    case 'drift':
      return lead(...driftParts(window, span, about));
    case 'service':
      return lead(
        counted(
          window.detail.service?.errors ?? 0,
          { ...about, definition: 'Requests of this window that failed.', n: window.n },
          'errors',
        ),
        ' of ',
        counted(window.n, { ...about, definition: 'Requests of this window.' }),
        ', p99 ',
        measured(window.detail.service?.p99_ms ?? null, 'ms', {
          ...about,
          definition: 'The latency that 99% of the requests of this window were at or below.',
          n: window.n,
        }),
        ` from ${span}.`,
      );
  }
}

function qualityParts(
  spec: Extract<MonitorSpec, { kind: 'quality' }>,
  window: MonitorWindow,
  span: string,
  about: Proof,
): (string | LeadPart)[] {
  const { value, low, high, labelled: n } = window;
  const labelled = counted(n, {
    ...about,
    definition: 'Answers of this window whose truth is known.',
    n: window.n,
  });
  const start = [
    'Skill is ',
    value === null
      ? 'unknown'
      : estimated(
          { value, low, high, n },
          {
            ...about,
            definition: 'The gain over the baseline of the charter, on the same labelled rows.',
            formula: 'mean(loss of the baseline − loss of what was served)',
          },
        ),
    ' on ',
    labelled,
    ` labelled rows of ${span}, `,
  ];
  if (window.state === 'provisional')
    return [
      ...start,
      'provisional: ',
      {
        type: 'number',
        value: n / Math.max(1, window.n),
        style: 'share',
        proof: { ...about, definition: 'Answers whose truth is known, of all.', n: window.n },
      },
      ' labelled.',
    ];
  const stands =
    window.state === 'breach' ? 'under' : spec.breach === 'interval' ? 'not clearly under' : 'not under';
  return [...start, `${stands} the limit `, measured(window.limit, undefined, limitProof(spec)), '.'];
}

function driftParts(window: MonitorWindow, span: string, about: Proof): (string | LeadPart)[] {
  const features = window.detail.features ?? [];
  const shifted = features
    .filter((feature) => feature.shifted)
    .sort((a, b) => (b.distance ?? 0) - (a.distance ?? 0));
  const worst = shifted[0];
  if (!worst) return [`No feature shifted more than chance explains from ${span}.`];
  const n = window.n;
  return [
    counted(shifted.length, {
      ...about,
      definition: 'Features whose distance to the reference is over its limit.',
      n: features.length,
    }),
    ` of ${features.length} features shifted from ${span}, most ${worst.feature} (`,
    measured(worst.distance, undefined, {
      ...about,
      definition: `Distance of ${worst.feature} between this window and the reference, in the same bins.`,
      n,
    }),
    ', limit ',
    measured(worst.limit, undefined, {
      ...about,
      definition:
        'The distance that resampled days of the reference exceed only as often as false alarms are allowed.',
      n,
    }),
    ').',
  ];
}

/** Where the limit of skill comes from. */
export const limitProof = (spec: Extract<MonitorSpec, { kind: 'quality' }>): Proof =>
  spec.limit.kind === 'below'
    ? { definition: 'The least skill that is accepted; set in the monitor.' }
    : {
        definition: 'A share of the skill that the live version showed in its evaluation by Rondo.',
        formula: `${spec.limit.share} × skill in the evaluation`,
      };

const measured = (value: number | null, unit: string | undefined, proof: Proof): string | LeadPart =>
  value === null
    ? 'unknown'
    : { type: 'number', value, style: 'measure', ...(unit === undefined ? {} : { unit }), proof };

function proofOf(project: string, spec: MonitorSpec, window: MonitorWindow, span: string): Proof {
  const query = `endpoint=${encodeURIComponent(spec.endpoint)}&from=${window.start}&to=${window.end}`;
  return {
    definition: '',
    window: span,
    clock: 'event',
    ...(window.detail.method === undefined ? {} : { method: window.detail.method }),
    rows: { label: 'the rows', href: `${pageHref(project, 'predictions')}?${query}` },
  };
}
