import type { IntervalRow } from '../../../ui/interval.tsx';
import { formatEstimate } from '../../../ui/number.ts';
import type { Evaluation } from '../schema/evaluation.ts';

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

/** How a version did against the one it was compared with, and against the baseline. */
export function versionLead(
  evaluation: Evaluation | undefined,
  version: number,
): { type: 'text'; text: string }[] {
  if (!evaluation)
    return [{ type: 'text', text: `v${version} was not evaluated by Rondo yet, so no gate can judge it.` }];
  const loss = lossName(evaluation.loss);
  const against = evaluation.pairs.champion;
  const word = judged(against?.gain);
  const first =
    evaluation.champion !== null && word
      ? `${word === 'no clear difference' ? `No clear difference to v${evaluation.champion}` : `${word === 'better' ? 'Better' : 'Worse'} than v${evaluation.champion}`} in ${loss}: gain ${gainText(against?.gain)} on ${evaluation.n.toLocaleString('en-US')} held-out rows.`
      : `Evaluated on ${evaluation.n.toLocaleString('en-US')} held-out rows; there was no champion to compare with.`;
  const gain = gainText(evaluation.pairs.baseline?.gain);
  const slices = evaluation.slices.filter((slice) => judged(slice.gains.champion) === 'worse').length;
  const harm = slices > 0 ? ` It is worse on ${slices} of ${evaluation.slices.length} slices.` : '';
  return [
    {
      type: 'text',
      text: `${first}${gain ? ` It beats the baseline by ${gain}.` : ''}${harm}`.replace(
        'beats the baseline by',
        judged(evaluation.pairs.baseline?.gain) === 'better'
          ? 'beats the baseline by'
          : 'differs from the baseline by',
      ),
    },
  ];
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
    return [{ label, value: found.value, interval: [found.low, found.high], n: found.n, role }];
  });
}
