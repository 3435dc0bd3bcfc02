import type { Analytics } from '../../analytics/index.ts';
import type { FeatureView, FreshnessReport, Partition } from './schema.ts';

const DAY = 86_400_000;
/** How much event time before the clock is looked at. */
export const FRESHNESS_SPAN = 7 * DAY;

/**
 * Whether a view was fresh enough for its readers. At a moment its age is the time since the newest event time that could be read then
 * (`delay_ms` after it happened); `worst_ms` is the largest age that any moment of the span before `clock` saw, `age_ms` that at the
 * clock. Ages are event time, so a replay counts as what it replays; rows later than the clock do not help. Null without a row.
 */
export async function measureFreshness(
  analytics: Analytics,
  view: FeatureView & { version: number; freshness_ms: number },
  partitions: readonly Partition[],
  clock: number,
): Promise<FreshnessReport> {
  const from = clock - FRESHNESS_SPAN;
  const report = {
    view: view.name,
    view_version: view.version,
    objective_ms: view.freshness_ms,
    clock,
    from,
  };
  const read = reaching(partitions, from - view.delay_ms, clock - view.delay_ms);
  const none = { ...report, newest_event_time: null, age_ms: null, worst_ms: null, met: false };
  if (read.length === 0) return none;
  const { rows } = await analytics.run({
    tables: { read: read.map((partition) => partition.digest) },
    rows: {
      ages: `select max(t)::double as newest, max(until - t)::double as worst from (
        select t, coalesce(lead(t) over (order by t) + ${view.delay_ms}, ${clock}) as until
        from (select distinct event_time as t from read where event_time <= ${clock - view.delay_ms})
      ) where until > ${from}`,
    },
  });
  const { newest, worst } = rows.ages[0] ?? {};
  if (newest === null || newest === undefined) return none;
  return {
    ...report,
    newest_event_time: Number(newest),
    age_ms: clock - Number(newest),
    worst_ms: Number(worst),
    met: Number(worst) <= view.freshness_ms,
  };
}

/** Partitions with rows in (from, to], and the one whose rows end last before: its last is what is read at the beginning. */
function reaching(partitions: readonly Partition[], from: number, to: number): Partition[] {
  const inside = partitions.filter(({ min_event, max_event }) => max_event > from && min_event <= to);
  const before = partitions.filter(({ max_event }) => max_event <= from);
  const [last] = before.toSorted((a, b) => b.max_event - a.max_event);
  return last ? [last, ...inside] : inside;
}
