import type { Urn } from '../../lib/urn.ts';
import type { Alert, AlertOutcome, MonitorSpec } from './schema.ts';

/** What happened at an endpoint that an alert can have been about. */
export interface AlertRecords {
  /** Versions that proved better than the live one on the same requests, and replaced it; event times. */
  promoted: readonly { of: Urn; version: number; started: number; ended: number }[];
  /** Wall times at which it was rolled back. */
  rolledBack: readonly number[];
}

type Marked = { marked: AlertOutcome['alarm'] | null; marked_by: string | null };
type Told = Pick<Alert, 'state' | 'opened_event_time' | 'closed_event_time' | 'opened_at' | 'closed_at'> &
  Marked;

/**
 * Whether an alert was a true or a false alarm; null while nothing decides. A person's word comes first. Then:
 *
 * - A service alert is true: errors and latency are measured on every request, so its users lived through what it says.
 * - A quality or drift alert says that the live version fell behind. It is true when, while it was open, a version whose test began after
 *   it opened proved better on the same requests and was promoted, or the endpoint was rolled back: there was something to do.
 * - It is false when it resolved without either: the same version went on answering and came back over the limit by itself.
 *
 * A test that found nothing (inconclusive) decides nothing while the alert is open.
 */
export function outcomeOf(
  kind: MonitorSpec['kind'],
  alert: Told,
  records: AlertRecords,
): AlertOutcome | null {
  if (alert.marked !== null)
    return { alarm: alert.marked, by: alert.marked_by ?? '', why: 'A person said so.', proof: null };
  const found = (alarm: AlertOutcome['alarm'], why: string, proof: Urn | null = null): AlertOutcome => ({
    alarm,
    by: 'records',
    why,
    proof,
  });
  if (kind === 'service') return found('true', 'It was measured on every request.');
  const better = records.promoted.find(
    ({ started, ended }) =>
      started >= alert.opened_event_time && ended <= (alert.closed_event_time ?? Number.POSITIVE_INFINITY),
  );
  if (better)
    return found(
      'true',
      `v${better.version} proved better on the same requests and was promoted.`,
      better.of,
    );
  const until = alert.closed_at ?? Number.POSITIVE_INFINITY;
  if (records.rolledBack.some((at) => at >= alert.opened_at && at <= until))
    return found('true', 'The endpoint was rolled back.');
  if (alert.state !== 'resolved') return null;
  return found('false', 'It resolved by itself: the same version went on answering.');
}
