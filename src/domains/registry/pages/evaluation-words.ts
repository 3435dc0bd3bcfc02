import { counted, estimated, type LeadPart, type Proof } from '../../../lib/lead.ts';
import type { IntervalRow } from '../../../ui/interval.tsx';
import { formatEstimate } from '../../../ui/number.ts';
import { pageOf } from '../../../ui/place.ts';
import type { Evaluation, Judgement } from '../schema/evaluation.ts';

type Gain = Evaluation['pairs'][string]['gain'];

export const lossName = (loss: string): string => loss.replaceAll('_', ' ');

/** "0.0475 (0.0431 to 0.0520)"; undefined when the gain is not known. */
export function gainText(gain: Gain | undefined): string | undefined {
  if (!gain || gain.value === null) return undefined;
  if (gain.low === null || gain.high === null) return String(gain.value);
  const shown = formatEstimate(gain.value, [gain.low, gain.high]);
  return `${shown.value} (${shown.low} to ${shown.high})`;
}

/** What an interval of a gain lets one say. */
export function judged(gain: Gain | undefined): 'better' | 'worse' | 'no clear difference' | undefined {
  if (!gain || gain.low === null || gain.high === null) return undefined;
  return gain.low > 0 ? 'better' : gain.high < 0 ? 'worse' : 'no clear difference';
}

/** What all numbers of an evaluation share: which files, on which rows. */
export function evaluationProof(
  evaluation: Omit<Judgement, 'estimate' | 'loss'> & { n: number },
  definition: string,
  formula?: string,
): Proof {
  const rows = pageOf(evaluation.project, 'datasets', evaluation.dataset, evaluation.dataset_version);
  return {
    definition,
    ...(formula === undefined ? {} : { formula }),
    n: evaluation.n,
    method: '95%, by the normal approximation over rows; computed by Rondo, not logged by the training',
    inputs: [
      {
        label: 'Model',
        digest: evaluation.model_digest,
        href: pageOf(evaluation.project, 'models', evaluation.model, evaluation.version),
      },
      { label: 'Hold-out', digest: evaluation.dataset_digest, href: rows },
    ],
    rows: { label: `rows of ${evaluation.dataset} v${evaluation.dataset_version}`, href: `${rows}?tab=rows` },
  };
}

/** The gain over the baseline or the champion, as a number that can be asked. */
export const gainProof = (evaluation: Evaluation, side: 'baseline' | 'champion'): Proof =>
  evaluationProof(
    evaluation,
    `How much lower the ${lossName(evaluation.loss)} of v${evaluation.version} is than that of ${side === 'baseline' ? 'the baseline' : `v${evaluation.champion}`}, on the same rows.`,
    `mean(loss of ${side} − loss of candidate), paired by row`,
  );

/** How a version did against the one it was compared with, and against the baseline. */
export function versionLead(evaluation: Evaluation | undefined, version: number): LeadPart[] {
  if (!evaluation)
    return [{ type: 'text', text: `v${version} was not evaluated by Rondo yet, so no gate can judge it.` }];
  const loss = lossName(evaluation.loss);
  const against = evaluation.pairs.champion?.gain;
  const word = judged(against);
  const rows: LeadPart[] = [
    counted(evaluation.n, evaluationProof(evaluation, 'Rows of the hold-out, which training did not read.')),
    { type: 'text', text: ' held-out rows' },
  ];
  const first: LeadPart[] =
    evaluation.champion !== null && word && against?.value != null
      ? [
          {
            type: 'text',
            text: `${word === 'no clear difference' ? `No clear difference to v${evaluation.champion}` : `${word === 'better' ? 'Better' : 'Worse'} than v${evaluation.champion}`} in ${loss}: gain `,
          },
          estimated({ ...against, value: against.value }, gainProof(evaluation, 'champion')),
          { type: 'text', text: ' on ' },
          ...rows,
          { type: 'text', text: '.' },
        ]
      : [
          { type: 'text', text: 'Evaluated on ' },
          ...rows,
          { type: 'text', text: '; there was no champion to compare with.' },
        ];
  const over = evaluation.pairs.baseline?.gain;
  const second: LeadPart[] =
    over?.value == null
      ? []
      : [
          {
            type: 'text',
            text: ` It ${judged(over) === 'better' ? 'beats' : 'differs from'} the baseline by `,
          },
          estimated({ ...over, value: over.value }, gainProof(evaluation, 'baseline')),
          { type: 'text', text: '.' },
        ];
  const slices = evaluation.slices.filter((slice) => judged(slice.gains.champion) === 'worse').length;
  const harm: LeadPart[] =
    slices === 0
      ? []
      : [
          { type: 'text', text: ' It is worse on ' },
          counted(
            slices,
            evaluationProof(evaluation, 'Slices on which the whole interval of the gain is under 0.'),
          ),
          { type: 'text', text: ` of ${evaluation.slices.length} slices.` },
        ];
  return [...first, ...second, ...harm];
}

const SIDES = [
  ['baseline', 'reference'],
  ['champion', 'current'],
  ['candidate', 'candidate'],
] as const;

/** One metric of all sides as strips on one axis. */
export function metricRows(evaluation: Evaluation, metric: string): IntervalRow[] {
  return SIDES.flatMap(([side, role]): IntervalRow[] => {
    const found = evaluation.reports[side]?.metrics[metric];
    if (!found || found.value === null || found.low === null || found.high === null) return [];
    const label =
      side === 'candidate'
        ? `v${evaluation.version}`
        : side === 'champion'
          ? `v${evaluation.champion}`
          : side;
    return [
      {
        label,
        value: found.value,
        interval: [found.low, found.high],
        n: found.n,
        role,
        proof: evaluationProof(evaluation, `The ${lossName(metric)} of ${label} on the hold-out.`),
      },
    ];
  });
}

/** The newest evaluation of each version; one beside a champion goes before one without. */
export function newestOf(evaluations: readonly Evaluation[]): Map<number, Evaluation> {
  const found = new Map<number, Evaluation>();
  for (const each of [...evaluations].sort((a, b) => a.id - b.id)) {
    const known = found.get(each.version);
    if (!known || each.champion !== null || known.champion === null) found.set(each.version, each);
  }
  return found;
}
