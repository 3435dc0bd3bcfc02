import { counted, type LeadPart, type Proof } from '../../../lib/lead.ts';
import { pageOf } from '../../../ui/place.ts';
import type { StatusWord } from '../../../ui/status-words.ts';
import type { ColumnProfile, Dataset, DatasetVersion, ValidationSummary, VersionSummary } from '../schema.ts';

type Checks = Pick<ValidationSummary, 'passed' | 'failed' | 'warned' | 'skipped'>;

export const checksWord = (checks: Checks | null): StatusWord =>
  !checks ? 'No data' : checks.failed > 0 ? 'Failed' : checks.warned > 0 ? 'Warning' : 'Passed';

export function checksText(checks: Checks | null): string {
  if (!checks) return 'not checked';
  const total = checks.passed + checks.failed + checks.warned;
  return `${checks.passed} of ${total} checks passed`;
}

/** The version that a number was computed over, and its rows. */
export function versionSource(version: VersionSummary) {
  const page = pageOf(version.project, 'datasets', version.dataset, version.version);
  return {
    inputs: [
      { label: `${version.dataset} v${version.version}`, digest: version.digest, href: page },
    ] satisfies NonNullable<Proof['inputs']>,
    rows: { label: 'some of the rows', href: `${page}?tab=rows` },
  };
}

/** Where the rows of a version are counted. */
export function rowsProof(version: VersionSummary): { proof: Proof } {
  return {
    proof: {
      definition: `Rows of ${version.dataset} v${version.version}, counted while its profile was made.`,
      ...versionSource(version),
    },
  };
}

export function datasetsLead(project: string, datasets: readonly Dataset[]): LeadPart[] {
  const one = datasets.length === 1;
  const versions = datasets.flatMap((each) => (each.latest ? [each.latest] : []));
  const bad = datasets.filter((each) => (each.latest?.validation?.failed ?? 0) > 0);
  return [
    counted(
      datasets.length,
      {
        definition: 'Datasets of this project.',
        rows: { label: 'the datasets', href: pageOf(project, 'datasets') },
      },
      one ? 'dataset' : 'datasets',
    ),
    { type: 'text', text: one ? ' holds ' : ' hold ' },
    counted(
      versions.reduce((sum, each) => sum + each.rows, 0),
      {
        definition: 'Rows of the latest version of each dataset, added up.',
        inputs: versions.slice(0, 12).map((each) => ({
          label: `${each.dataset} v${each.version}`,
          digest: each.digest,
          href: pageOf(each.project, 'datasets', each.dataset, each.version),
        })),
        rows: { label: 'the datasets', href: pageOf(project, 'datasets') },
      },
      'rows',
    ),
    {
      type: 'text',
      text: ` in ${one ? 'its latest version' : 'their latest versions'}.${
        bad.length === 0
          ? ' No check fails on any of them.'
          : ` Checks fail on ${bad.map((each) => each.name).join(', ')}.`
      }`,
    },
  ];
}

export function versionLead(version: DatasetVersion): LeadPart[] {
  const checks = version.validation;
  const page = pageOf(version.project, 'datasets', version.dataset, version.version);
  const judged = (of: 'passed' | 'failed' | 'warned', what: string) =>
    counted(checks?.[of] ?? 0, {
      ...versionSource(version),
      definition: what,
      rows: { label: 'the checks', href: `${page}?tab=checks` },
    });
  const total = checks ? checks.passed + checks.failed + checks.warned : 0;
  const verdict: LeadPart[] = !checks
    ? [{ type: 'text', text: 'No check has looked at it.' }]
    : checks.failed > 0
      ? [
          judged('failed', 'Checks of severity error that some rows break.'),
          { type: 'text', text: ` of ${total} checks failed.` },
        ]
      : [
          judged('passed', 'Checks that hold on all rows they look at.'),
          { type: 'text', text: ` of ${total} checks passed` },
          ...(checks.warned > 0
            ? [
                { type: 'text' as const, text: ', ' },
                judged('warned', 'Checks of severity warn that some rows break.'),
                { type: 'text' as const, text: ' warned' },
              ]
            : []),
          { type: 'text', text: '.' },
        ];
  return [
    counted(version.rows, rowsProof(version).proof, 'rows'),
    { type: 'text', text: ' in ' },
    counted(
      version.profile.columns.length,
      {
        ...versionSource(version),
        definition: 'Columns of the Parquet parts.',
        rows: { label: 'the columns', href: page },
      },
      'columns',
    ),
    { type: 'text', text: ', ' },
    {
      type: 'number',
      value: version.bytes,
      style: 'bytes',
      proof: {
        ...versionSource(version),
        definition: 'Bytes of its Parquet parts, compressed.',
      },
    },
    { type: 'text', text: `, brought by ${version.created_by}. ` },
    ...verdict,
  ];
}

/** Shares of the slots of a column, on bins that all versions share; undefined for times and nested values. */
export function sharesOf(column: ColumnProfile | undefined): number[] | undefined {
  const counts = column?.histogram?.counts ?? column?.span?.counts;
  if (!counts) return undefined;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}
