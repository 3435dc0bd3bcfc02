import type { Analytics } from '../../analytics/index.ts';
import { lossSql, type PredictionScope } from '../serving/predictions.ts';
import { dayClustered, type StageRows } from './decision.ts';

/** Reads one stage from the log: differences on the same requests, answers, errors and latency per arm. */
export async function stageRows(
  analytics: Analytics,
  scope: PredictionScope,
  arms: { champion: number; candidate: number },
  loss: string,
  through: number,
): Promise<StageRows> {
  const mine = lossSql(loss, 'a.output', 'a.label');
  const other = lossSql(loss, 's.output', 'a.label');
  const inside = `(${arms.champion}, ${arms.candidate})`;
  const paired = `select a.event_time, case when a.deployment = ${arms.champion} then ${mine} else ${other} end as champion,
      case when a.deployment = ${arms.champion} then ${other} else ${mine} end as candidate
    from labelled a join shadows s using (answer)
    where a.deployment in ${inside} and s.deployment in ${inside} and a.deployment <> s.deployment`;
  const { rows } = await analytics.run({
    ...scope,
    rows: {
      days: `select floor(event_time / 86400000)::double as day, count(*)::double as n, sum(champion - candidate) as sum,
          sum(power(champion - candidate, 2)) as squares, sum(champion) as champion, sum(candidate) as candidate
        from (${paired} order by a.answer) group by 1 order by 1`,
      answers: `select deployment, count(*)::double as n, quantile_cont(latency_us, 0.99) / 1000 as p99 from answers where deployment in ${inside} group by 1`,
      errors: `select deployment, count(*)::double as n from errors where status >= 500 and deployment in ${inside}
        and wall_time between (select min(wall_time) from answers) and (select max(wall_time) from answers) group by 1`,
    },
  });
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  const of = (list: Record<string, unknown>[], deployment: number, key: string) =>
    number(list.find((row) => Number(row.deployment) === deployment)?.[key]);
  const days = rows.days.map((day) => ({
    n: Number(day.n),
    sum: Number(day.sum),
    squares: Number(day.squares),
  }));
  const total = (key: string) => rows.days.reduce((sum, day) => sum + Number(day[key]), 0);
  const n = total('n');
  return {
    through,
    differences: dayClustered(days),
    rows: n,
    days: days.length,
    championLoss: n === 0 ? null : total('champion') / n,
    candidateLoss: n === 0 ? null : total('candidate') / n,
    answers: {
      champion: of(rows.answers, arms.champion, 'n') ?? 0,
      candidate: of(rows.answers, arms.candidate, 'n') ?? 0,
    },
    errors: {
      champion: of(rows.errors, arms.champion, 'n') ?? 0,
      candidate: of(rows.errors, arms.candidate, 'n') ?? 0,
    },
    p99: {
      champion: of(rows.answers, arms.champion, 'p99'),
      candidate: of(rows.answers, arms.candidate, 'p99'),
    },
  };
}
