import { Ask } from '../../../ui/num.tsx';
import { pageOf } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import type { VersionSummary } from '../schema.ts';
import { checksText, checksWord, versionSource } from './dataset-words.ts';

/** How the checks of a version came out; it leads to them. */
export function ChecksCount({ version }: { version: VersionSummary | null }) {
  const checks = version?.validation ?? null;
  const shown = (
    <span className="r-row">
      <Status word={checksWord(checks)} glyphOnly still /> {checksText(checks)}
    </span>
  );
  if (!version || !checks) return shown;
  return (
    <Ask
      asked={{
        kind: 'counted',
        value: checks.passed,
        proof: {
          ...versionSource(version),
          definition: 'Checks that hold on all rows they look at; skipped ones are not counted.',
          n: checks.passed + checks.failed + checks.warned,
          rows: {
            label: 'the checks',
            href: `${pageOf(version.project, 'datasets', version.dataset, version.version)}?tab=checks`,
          },
        },
      }}
    >
      {shown}
    </Ask>
  );
}
