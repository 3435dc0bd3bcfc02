import { formatBytes } from '../../../lib/format.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DiffView } from '../../../ui/diff-view.tsx';
import { formatSigned } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf } from '../../../ui/place.ts';
import type { Run } from '../../tracking/schema.ts';
import { versionsContract } from '../contract/versions.ts';
import type { VersionContents } from '../schema/contents.ts';
import { fileChanges } from './file-changes.ts';
import { LoggedMetric, loggedMetrics, useSourceRun } from './logged-metrics.tsx';

interface Pair {
  from: number;
  to: number;
}

/** What the runs of two versions were given, read and logged. */
export function RunDiff({ project, model, from, to }: Pair & { project: string; model: string }) {
  const version = (number: number) =>
    number > 0 ? { query: { name: model, version: String(number) } } : undefined;
  const older = useEndpoint(versionsContract.getModelVersion, version(from));
  const newer = useEndpoint(versionsContract.getModelVersion, version(to));
  const ids = [older, newer].map((each) => each.data?.model_version.run_id || undefined);
  const before = useSourceRun(ids[0]);
  const after = useSourceRun(ids[1]);
  const names = { before: `v${from}`, after: `v${to}` };
  const none = older.data && newer.data && !ids[0] && !ids[1];
  return (
    <Panel
      title="Params, metrics and data of their runs"
      note="as the runs logged them, without intervals"
      state={panelState(older.data ? newer : older, {
        rows: 5,
        empty: () =>
          none ? <p className="r-serif">Neither version names the run that it came from.</p> : undefined,
      })}
    >
      <div className="r-stack">
        <DiffView
          kind="fields"
          {...names}
          rows={[
            ...textRows(before, after, paramsOf),
            ...metricRows(project, before, after),
            ...textRows(before, after, datasetsOf),
          ]}
        />
        {before && after ? (
          <a href={`${pageOf(project, 'runs', 'compare')}?ids=${before.info.run_id},${after.info.run_id}`}>
            Compare their runs
          </a>
        ) : null}
      </div>
    </Panel>
  );
}

const paramsOf = (run: Run | undefined): [string, string][] =>
  (run?.data.params ?? []).map(({ key, value }) => [key, value]);
const datasetsOf = (run: Run | undefined): [string, string][] =>
  (run?.inputs.dataset_inputs ?? []).map(({ dataset }) => [
    `data: ${dataset.name}`,
    dataset.digest.slice(0, 12),
  ]);

function textRows(
  before: Run | undefined,
  after: Run | undefined,
  of: (run: Run | undefined) => [string, string][],
) {
  const [was, is] = [new Map(of(before)), new Map(of(after))];
  return [...new Set([...was.keys(), ...is.keys()])].map((key) => ({
    key,
    before: was.get(key),
    after: is.get(key),
    changed: was.get(key) !== is.get(key),
  }));
}

function metricRows(project: string, before: Run | undefined, after: Run | undefined) {
  const [was, is] = [before, after].map(
    (run) => new Map(loggedMetrics(run).map((metric) => [metric.key, metric])),
  );
  return [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].map((key) => {
    const [old, now] = [was?.get(key), is?.get(key)];
    const difference =
      typeof old?.value === 'number' && typeof now?.value === 'number' ? now.value - old.value : undefined;
    return {
      key,
      before:
        before && old ? <LoggedMetric project={project} run={before.info.run_id} metric={old} /> : undefined,
      after:
        after && now ? <LoggedMetric project={project} run={after.info.run_id} metric={now} /> : undefined,
      changed: old?.value !== now?.value,
      note: difference ? formatSigned(difference) : undefined,
    };
  });
}

/** Files that only one version has, and those whose bytes differ. */
export function FileDiff({
  before,
  after,
  from,
  to,
}: Pair & { before: VersionContents; after: VersionContents }) {
  if (before.digest === null || after.digest === null)
    return (
      <p className="r-serif">
        The files of {before.digest === null ? `v${from}` : `v${to}`} lie outside Rondo, so they cannot be
        compared.
      </p>
    );
  const rows = fileChanges(before.files, after.files);
  const size = (bytes: number | undefined) => (bytes === undefined ? undefined : formatBytes(bytes));
  return (
    <>
      {rows.some((row) => row.changed) ? null : (
        <p className="r-serif">Their files are the same, byte for byte.</p>
      )}
      <DiffView
        kind="fields"
        before={`v${from}`}
        after={`v${to}`}
        rows={rows.map((row) => ({
          key: row.path,
          before: size(row.before),
          after: size(row.after),
          changed: row.changed,
          note: !row.changed
            ? undefined
            : row.before === undefined
              ? 'added'
              : row.after === undefined
                ? 'removed'
                : 'other bytes',
        }))}
      />
    </>
  );
}
