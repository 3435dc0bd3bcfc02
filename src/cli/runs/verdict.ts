import type { ComparedMetric } from '../../domains/tracking/schema/reproductions.ts';
import { textTable } from '../../lib/table.ts';
import type { Reproduced } from './reproduce.ts';

const SHOWN = 40;

/** What came of a reproduction, for a terminal. */
export function verdictText(
  { reproduction, run_id, folder, differs }: Reproduced,
  tolerance: number,
): string {
  const kept = folder === null ? [] : [`The checkout is in ${folder}.`];
  if (!reproduction)
    return [
      `Run ${run_id} can be run again: its code was found and its changes apply. ${differs.length === 0 ? 'Nothing else was seen to differ.' : `${differs.length} things differ.`}`,
      ...kept,
    ].join('\n');
  const { verdict, comparison, code, data } = reproduction;
  const metrics = comparison.metrics.slice(0, SHOWN);
  const rows = metrics.map((each) => [
    each.key,
    text(each.recorded),
    text(each.reproduced),
    each.distance === null ? '-' : Number(each.distance.toPrecision(3)).toString(),
    wordOf(each),
  ]);
  const hidden = comparison.metrics.length - metrics.length;
  return [
    ...(verdict === 'failed'
      ? []
      : [textTable(['METRIC', 'RECORDED', 'REPRODUCED', 'DIFFERENCE', 'VERDICT'], rows)]),
    ...(verdict !== 'failed' && hidden > 0 ? [`and ${hidden} metrics that are nearer`] : []),
    ...(comparison.same_data || verdict === 'failed'
      ? []
      : [
          `The data differs: ${data.recorded.join(', ') || 'none'} then, ${data.reproduced.join(', ') || 'none'} now.`,
        ]),
    sentence(),
    ...kept,
  ].join('\n');

  function sentence(): string {
    const run = `Run ${reproduction?.run_id}`;
    if (verdict === 'failed') return `Not reproduced: the command ended with ${code}. ${run} has its output.`;
    const count = comparison.metrics.length;
    const all = count === 1 ? 'the metric' : `all ${count} metrics`;
    if (verdict === 'reproduced')
      return `Reproduced: ${all} within ${tolerance} (furthest ${Number(comparison.within.toPrecision(3))}). ${run}.`;
    const off = comparison.metrics.filter(({ agrees }) => !agrees).length;
    return off === 0
      ? `Not reproduced: the metrics agree, but on other data. ${run}.`
      : `Not reproduced: ${off} of ${count} metrics are further off than ${tolerance}. ${run}.`;
  }
}

const text = (value: number | string | null): string => (value === null ? '-' : String(value));

const wordOf = ({ agrees, recorded, reproduced }: ComparedMetric): string =>
  agrees ? 'same' : recorded === null ? 'new' : reproduced === null ? 'missing' : 'differs';
