import { formatMetric } from '../../../lib/format.ts';
import { counted, type LeadPart } from '../../../lib/lead.ts';
import type { StatusWord } from '../../../ui/status-words.ts';
import type { Reproduction } from '../schema/reproductions.ts';

export interface Reproductions {
  reproductions: readonly Reproduction[];
  machines: number;
  within: number | null;
}

export const VERDICT_WORDS: Readonly<Record<Reproduction['verdict'], StatusWord>> = {
  reproduced: 'Reproduced',
  differs: 'Differs',
  failed: 'Broken',
  running: 'Running',
};

const FORMULA = '|reproduced − recorded| / max(|recorded|, 0.001)';

/** "Reproduced on 2 machines within 0.0002.": whether what was made again came out the same; nothing when nobody tried. */
export function reproducedWords(
  { reproductions, machines, within }: Reproductions,
  href: string,
): (string | LeadPart)[] {
  const ended = reproductions.filter(({ verdict }) => verdict === 'reproduced' || verdict === 'differs');
  const [newest] = ended;
  if (!newest) return [];
  const rows = { label: 'the runs that made it again', href };
  if (within === null) return [' Not reproduced: ', `${whyNot(newest)}.`];
  const off = ended.filter(({ verdict }) => verdict === 'differs').length;
  const definition = 'Machines on which a run with the same data came out within its tolerance.';
  return [
    ' Reproduced on ',
    counted(machines, { definition, rows }, machines === 1 ? 'machine' : 'machines'),
    ' within ',
    {
      type: 'number',
      value: within,
      style: 'measure',
      proof: {
        definition: 'Greatest difference of a metric in the runs that agree.',
        formula: FORMULA,
        rows,
      },
    },
    ...(off > 0
      ? [
          '; ',
          counted(off, { definition: 'Runs that made it again and came out differently.', rows }),
          ' came out differently',
        ]
      : []),
    '.',
  ];
}

/** "log_loss 0.51 instead of 0.47": what is furthest off. */
export function whyNot({ metrics, same_data }: Reproduction): string {
  const off = metrics.find(({ agrees }) => !agrees);
  if (off) return `${off.key} ${valueOf(off.reproduced)} instead of ${valueOf(off.recorded)}`;
  return same_data ? 'it logged no metric' : 'it read other data';
}

const valueOf = (value: number | string | null): string =>
  value === null ? 'nothing' : typeof value === 'number' ? formatMetric(value) : value;
