import { foundOf } from '../../domains/maturity/command.ts';
import type { Rondo } from '../../sdk/index.ts';

const MODEL = 'flight-delay';
const ENDPOINT = 'flight-delay';

/**
 * What came out of the loop, in the numbers of the server. It holds no id that is drawn and no wall-clock time, so that two
 * plays can be compared: whatever differs was caused by something else than the data.
 */
export interface Summary {
  /** `digest` is the sha256 of the ONNX bytes; the gain is over the baseline, on `n` held-out rows, with a 95% interval. */
  versions: {
    version: number;
    digest: string;
    gain: { value: number | null; low: number | null; high: number | null } | null;
    n: number;
    live: boolean;
  }[];
  /** By month of event time: the gain over the baseline on the same rows. */
  skill: { month: string; value: number; n: number }[];
  rollouts: { candidate: number; champion: number; state: string; sentence: string }[];
  refused: string[];
  counts: {
    windows: Record<string, number>;
    answers: number;
    labelled: number;
    alerts: number;
    firings: Record<string, number>;
    promotions: Record<string, number>;
    pipeline_runs: Record<string, number>;
    dataset_versions: Record<string, number>;
  };
  maturity: {
    level: number;
    name: string;
    target: number | null;
    score: number;
    meaning: string;
    criteria: { title: string; level: number; state: 'pass' | 'partial' | 'fail'; found: string }[];
    next: { level: number; text: string } | null;
  };
}

export async function summaryOf(rondo: Rondo): Promise<Summary> {
  const [versions, watched, decided, counted, maturity] = await Promise.all([
    versionsOf(rondo),
    skillOf(rondo),
    verdictsOf(rondo),
    countsOf(rondo),
    maturityOf(rondo),
  ]);
  const { skill, ...seen } = watched;
  return { versions, skill, ...decided, counts: { ...seen, ...counted }, maturity };
}

async function versionsOf(rondo: Rondo): Promise<Summary['versions']> {
  const { evaluations } = await rondo.evaluations.listEvaluations({ params: { model: MODEL }, query: {} });
  const { endpoint } = await rondo.serving.getEndpoint({ params: { endpoint: ENDPOINT } });
  const champion = endpoint.arms.find((arm) => arm.arm === 'champion')?.version;
  const newest = new Map(
    evaluations.map((evaluation) => [evaluation.version, evaluation] as const).reverse(),
  );
  return [...newest.values()]
    .sort((a, b) => a.version - b.version)
    .map(({ version, model_digest, pairs, n }) => {
      const gain = pairs.baseline?.gain;
      const known = gain && { value: gain.value, low: gain.low, high: gain.high };
      return { version, digest: model_digest, gain: known ?? null, n, live: version === champion };
    });
}

async function skillOf(
  rondo: Rondo,
): Promise<Pick<Summary, 'skill'> & Pick<Summary['counts'], 'windows' | 'answers' | 'labelled' | 'alerts'>> {
  const { windows } = await rondo.monitoring.getMonitor({ params: { monitor: 'skill' } });
  const { alerts } = await rondo.monitoring.listAlerts({});
  const months = new Map<string, { rows: number; sum: number }>();
  for (const { value, labelled, start, end } of windows) {
    if (value === null || labelled === 0) continue;
    const month = new Date((start + end) / 2).toISOString().slice(0, 7);
    const known = months.get(month) ?? { rows: 0, sum: 0 };
    months.set(month, { rows: known.rows + labelled, sum: known.sum + labelled * value });
  }
  return {
    skill: [...months]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, { rows, sum }]) => ({ month, value: sum / rows, n: rows })),
    windows: countBy(windows, (window) => window.state),
    answers: windows.reduce((total, window) => total + window.n, 0),
    labelled: windows.reduce((total, window) => total + window.labelled, 0),
    alerts: alerts.length,
  };
}

async function verdictsOf(rondo: Rondo): Promise<Pick<Summary, 'rollouts' | 'refused'>> {
  const { rollouts } = await rondo.rollouts.listRollouts({});
  const { promotions } = await rondo.releases.listPromotions({ query: { model: MODEL } });
  return {
    rollouts: rollouts
      .reverse()
      .map(({ candidate, champion, state, sentence }) => ({ candidate, champion, state, sentence })),
    refused: promotions
      .filter((promotion) => promotion.state === 'refused' && promotion.rollout === null)
      .map((promotion) => promotion.sentence)
      .reverse(),
  };
}

async function countsOf(
  rondo: Rondo,
): Promise<Pick<Summary['counts'], 'firings' | 'promotions' | 'pipeline_runs' | 'dataset_versions'>> {
  const [{ rules }, { promotions }, { runs }, { datasets }] = await Promise.all([
    rondo.automation.listRules({}),
    rondo.releases.listPromotions({ query: {} }),
    rondo.pipelines.listPipelineRuns({ query: { limit: 500 } }),
    rondo.datasets.listDatasets({}),
  ]);
  const firings: Record<string, number> = {};
  for (const { name } of rules) {
    const listed = await rondo.automation.listFirings({ query: { rule: name, limit: 500 } });
    firings[name] = listed.firings.length;
  }
  return {
    firings,
    promotions: countBy(promotions, (promotion) => promotion.state),
    pipeline_runs: countBy(runs, (run) => `${run.pipeline} ${run.state}`),
    dataset_versions: Object.fromEntries(datasets.map((each) => [each.name, each.latest?.version ?? 0])),
  };
}

async function maturityOf(rondo: Rondo): Promise<Summary['maturity']> {
  const { level, name, target, criteria, ml_test_score } = await rondo.maturity.getMaturity({});
  const missing = criteria.find((each) => each.state !== 'pass');
  return {
    level,
    name,
    target,
    score: ml_test_score.score,
    meaning: ml_test_score.meaning,
    criteria: criteria.map((each) => ({
      title: each.title,
      level: each.level,
      state: each.state,
      found: foundOf(each),
    })),
    next: missing ? { level: missing.level, text: missing.next.text } : null,
  };
}

function countBy<T>(list: readonly T[], nameOf: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of list) counts[nameOf(one)] = (counts[nameOf(one)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const MARKS = { pass: '✓', partial: '◐', fail: '✗' } as const;
const fixed = (value: number | null | undefined) => value?.toFixed(4) ?? '—';
const whole = (value: number) => value.toLocaleString('en');

/** The summary for people. */
export function printSummary({ versions, skill, rollouts, refused, counts, maturity }: Summary): string {
  const verdicts = [
    ...rollouts.map(({ candidate, champion, sentence }) => `v${candidate} against v${champion}: ${sentence}`),
    ...refused,
  ];
  const { level, name, target, score, meaning, criteria, next } = maturity;
  return [
    [
      `Versions of ${MODEL}`,
      ...versions.map(
        ({ version, digest, gain, n, live }) =>
          `  v${version}  ${digest.slice(0, 12)}  gain over the baseline ${fixed(gain?.value)} (${fixed(gain?.low)} to ${fixed(gain?.high)}) on ${whole(n)} held-out rows${live ? '  live' : ''}`,
      ),
    ],
    [
      'Skill (gain over the baseline on the same rows, by month of event time)',
      ...skill.map(({ month, value, n }) => `  ${month}  ${fixed(value)}  on ${whole(n)} labelled answers`),
      `  in all ${whole(counts.answers)} answers, ${whole(counts.labelled)} with their truth; ${counts.alerts} alerts`,
    ],
    ['Verdicts', ...(verdicts.length > 0 ? verdicts : ['none was needed']).map((line) => `  ${line}`)],
    [
      `Maturity: level ${level}, ${name}${target === null ? '' : ` (target ${target})`}`,
      ...criteria.map((each) => `  ${MARKS[each.state]} level ${each.level}  ${each.title}: ${each.found}`),
      `  ML Test Score ${score}: ${meaning}`,
      ...(next ? [`  Next, for level ${next.level}: ${next.text}.`] : []),
    ],
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}
