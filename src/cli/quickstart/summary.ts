import { foundOf } from '../../domains/maturity/command.ts';
import type { Rondo } from '../../sdk/index.ts';

const MODEL = 'flight-delay';
const ENDPOINT = 'flight-delay';

/** What came out, in the numbers of the server: versions, skill per month, verdicts, the level of maturity. */
export async function summarize(rondo: Rondo): Promise<string> {
  return [await versions(rondo), await skill(rondo), await verdicts(rondo), await maturity(rondo)]
    .filter(Boolean)
    .join('\n\n');
}

const fixed = (value: number | null | undefined) =>
  value === null || value === undefined ? '—' : value.toFixed(4);

async function versions(rondo: Rondo): Promise<string> {
  const { evaluations } = await rondo.evaluations.listEvaluations({ params: { model: MODEL }, query: {} });
  const { endpoint } = await rondo.serving.getEndpoint({ params: { endpoint: ENDPOINT } });
  const newest = new Map(
    evaluations.map((evaluation) => [evaluation.version, evaluation]).reverse() as [
      number,
      (typeof evaluations)[number],
    ][],
  );
  const lines = [...newest.values()]
    .sort((a, b) => a.version - b.version)
    .map((evaluation) => {
      const gain = evaluation.pairs.baseline?.gain;
      const live = endpoint.arms.some((arm) => arm.version === evaluation.version && arm.arm === 'champion')
        ? '  live'
        : '';
      return `  v${evaluation.version}  ${evaluation.model_digest.slice(0, 12)}  gain over the baseline ${fixed(gain?.value)} (${fixed(gain?.low)} to ${fixed(gain?.high)}) on ${evaluation.n.toLocaleString('en')} held-out rows${live}`;
    });
  return [`Versions of ${MODEL}`, ...lines].join('\n');
}

async function skill(rondo: Rondo): Promise<string> {
  const { windows } = await rondo.monitoring.getMonitor({ params: { monitor: 'skill' } });
  const months = new Map<string, { rows: number; sum: number }>();
  for (const window of windows) {
    if (window.value === null || window.labelled === 0) continue;
    const month = new Date((window.start + window.end) / 2).toISOString().slice(0, 7);
    const known = months.get(month) ?? { rows: 0, sum: 0 };
    months.set(month, {
      rows: known.rows + window.labelled,
      sum: known.sum + window.labelled * window.value,
    });
  }
  const lines = [...months]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([month, { rows, sum }]) =>
        `  ${month}  ${(sum / rows).toFixed(4)}  on ${rows.toLocaleString('en')} labelled answers`,
    );
  return ['Skill (gain over the baseline on the same rows, by month of event time)', ...lines].join('\n');
}

async function verdicts(rondo: Rondo): Promise<string> {
  const { rollouts } = await rondo.rollouts.listRollouts({});
  const lines = rollouts
    .reverse()
    .map((rollout) => `  v${rollout.candidate} against v${rollout.champion}: ${rollout.sentence}`);
  const { promotions } = await rondo.releases.listPromotions({ query: { model: MODEL } });
  const refused = promotions
    .filter((promotion) => promotion.state === 'refused' && promotion.rollout === null)
    .map((promotion) => `  ${promotion.sentence}`);
  return [
    'Verdicts',
    ...(lines.length + refused.length > 0 ? [...lines, ...refused.reverse()] : ['  none was needed']),
  ].join('\n');
}

async function maturity(rondo: Rondo): Promise<string> {
  const found = await rondo.maturity.getMaturity({});
  const marks = { pass: '✓', partial: '◐', fail: '✗' } as const;
  const lines = found.criteria.map(
    (each) => `  ${marks[each.state]} level ${each.level}  ${each.title}: ${foundOf(each)}`,
  );
  const missing = found.criteria.find((each) => each.state !== 'pass');
  const { score, meaning } = found.ml_test_score;
  return [
    `Maturity: level ${found.level}, ${found.name}${found.target === null ? '' : ` (target ${found.target})`}`,
    ...lines,
    `  ML Test Score ${score}: ${meaning}`,
    ...(missing ? [`  Next, for level ${missing.level}: ${missing.next.text}.`] : []),
  ].join('\n');
}
