import type { Urn } from '../../lib/urn.ts';
import type { Alert, AlertOutcome, MonitorSpec } from './schema.ts';

/** What happened at an endpoint that an alert can have been about. */
export interface AlertRecords {
  /**
   * Newer versions that were tested against the live one on the same requests, by the event time at which the test began; `better` is
   * null while it goes on. A version that proved better replaced the live one.
   */
  tests: readonly { of: Urn; version: number; started: number; better: boolean | null }[];
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
 * - A quality or drift alert says that the live version fell behind. It is true when a newer version, whose test began while the alert was
 *   open, proved better on the same requests, or when the endpoint was rolled back meanwhile: there was something to do.
 * - It is false when it resolved without either, and no such test is still going on: no version that was tried was better, and the
 *   same one came back over the limit by itself.
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
  const tests = records.tests.filter(
    ({ started }) =>
      started >= alert.opened_event_time && started <= (alert.closed_event_time ?? Number.POSITIVE_INFINITY),
  );
  const better = tests.find((test) => test.better === true);
  if (better)
    return found(
      'true',
      `v${better.version} was tested then and proved better on the same requests.`,
      better.of,
    );
  const until = alert.closed_at ?? Number.POSITIVE_INFINITY;
  if (records.rolledBack.some((at) => at >= alert.opened_at && at <= until))
    return found('true', 'The endpoint was rolled back.');
  if (alert.state !== 'resolved' || tests.some((test) => test.better === null)) return null;
  const tried = tests.map(({ version }) => `v${version}`).join(', ');
  return found(
    'false',
    tried === ''
      ? 'It resolved by itself: nothing was changed.'
      : `It resolved by itself, and ${tried} was tested then and not better.`,
    tests[0]?.of ?? null,
  );
}
