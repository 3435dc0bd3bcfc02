import { counted, estimated, type Lead, lead, type LeadPart, type Proof } from '../../lib/lead.ts';
import type { Monitor, MonitorSpec, MonitorWindow } from './schema.ts';
import { limitProof, setInMonitor, windowProof } from './schema/proofs.ts';

type About = ReturnType<typeof windowProof>;

const date = (time: number) => new Date(time).toISOString().slice(0, 10);

/** What one window says: the number first, over which rows, against which limit. */
export function windowLead(monitor: Pick<Monitor, 'project' | 'name' | 'spec'>, window: MonitorWindow): Lead {
  const { project, name, spec } = monitor;
  const span = `${date(window.start)} to ${date(window.end - 1)}`;
  const about = windowProof(project, spec, window, span);
  if (window.state === 'no_data')
    return lead(
      `No data from ${span}: `,
      counted(window.n, { ...about, definition: 'Answers of the endpoint in this window.' }, 'rows'),
      ', ',
      counted(spec.min_rows, setInMonitor(project, name, 'Fewer rows than this are no data.')),
      ' needed.',
    );
  switch (spec.kind) {
    case 'quality':
      return lead(...qualityParts(spec, window, span, about, limitProof(monitor)));
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
  about: About,
  limit: Proof,
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
  return [...start, `${stands} the limit `, measured(window.limit, undefined, limit), '.'];
}

function driftParts(window: MonitorWindow, span: string, about: About): (string | LeadPart)[] {
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

const measured = (value: number | null, unit: string | undefined, proof: Proof): string | LeadPart =>
  value === null
    ? 'unknown'
    : { type: 'number', value, style: 'measure', ...(unit === undefined ? {} : { unit }), proof };
