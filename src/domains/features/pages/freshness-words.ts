import { formatSpan } from '../../../ui/time.ts';
import type { FreshnessReport, ViewRecord } from '../schema.ts';

/** The objective of a view, and how old its newest value was at worst in the week before its readers' event time. */
export function objectiveText(
  view: Pick<ViewRecord, 'freshness_ms'>,
  report: Pick<FreshnessReport, 'worst_ms'> | undefined,
): string {
  if (view.freshness_ms === null) return 'none stated';
  const objective = `at most ${formatSpan(view.freshness_ms)}`;
  if (!report) return objective;
  return report.worst_ms === null
    ? `${objective}; no value`
    : `${objective}; was ${formatSpan(report.worst_ms)}`;
}
