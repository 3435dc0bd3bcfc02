import { formatNumber } from '../../../ui/number.ts';
import type { StatusWord } from '../../../ui/status-words.ts';
import type { ColumnProfile, Dataset, DatasetVersion, ValidationSummary } from '../schema.ts';

type Checks = Pick<ValidationSummary, 'passed' | 'failed' | 'warned' | 'skipped'>;

export const checksWord = (checks: Checks | null): StatusWord =>
  !checks ? 'No data' : checks.failed > 0 ? 'Failed' : checks.warned > 0 ? 'Warning' : 'Passed';

export function checksText(checks: Checks | null): string {
  if (!checks) return 'not checked';
  const total = checks.passed + checks.failed + checks.warned;
  return `${checks.passed} of ${total} checks passed`;
}

export function datasetsLead(datasets: readonly Dataset[]): { type: 'text'; text: string }[] {
  const rows = datasets.reduce((sum, each) => sum + (each.latest?.rows ?? 0), 0);
  const bad = datasets.filter((each) => (each.latest?.validation?.failed ?? 0) > 0);
  const first = `${datasets.length} ${datasets.length === 1 ? 'dataset' : 'datasets'} ${datasets.length === 1 ? 'holds' : 'hold'} ${formatNumber(rows, 'count')} rows in ${datasets.length === 1 ? 'its latest version' : 'their latest versions'}.`;
  const second =
    bad.length === 0
      ? ' No check fails on any of them.'
      : ` Checks fail on ${bad.map((each) => each.name).join(', ')}.`;
  return [{ type: 'text', text: first + second }];
}

export function versionLead(version: DatasetVersion): { type: 'text'; text: string }[] {
  const checks = version.validation;
  const judged = !checks
    ? 'No check has looked at it.'
    : checks.failed === 0
      ? `${checksText(checks)}${checks.warned > 0 ? `, ${checks.warned} warned` : ''}.`
      : `${checks.failed} checks failed.`;
  return [
    {
      type: 'text',
      text: `${formatNumber(version.rows, 'count')} rows in ${version.profile.columns.length} columns, ${formatNumber(version.bytes, 'bytes')}, brought by ${version.created_by}. ${judged}`,
    },
  ];
}

/** Shares of the slots of a column, on bins that all versions share; undefined for times and nested values. */
export function sharesOf(column: ColumnProfile | undefined): number[] | undefined {
  const counts = column?.histogram?.counts ?? column?.span?.counts;
  if (!counts) return undefined;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}
