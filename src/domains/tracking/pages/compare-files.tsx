import { useEndpoint, useFileText } from '../../../ui/data.tsx';
import { DiffView } from '../../../ui/diff-view.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { artifactsContract } from '../contract/artifacts.ts';
import { dirtyDiffOf } from './compare-rows.ts';
import type { ComparedRun } from './compared-runs.ts';

export interface PairProps {
  runs: readonly ComparedRun[];
  base: ComparedRun;
}

/** Texts are compared two at a time: the baseline's and those of the run that the address names, else of the first other one. */
function useOther({ runs, base }: PairProps): ComparedRun | undefined {
  const { search } = usePlace();
  const others = runs.filter((run) => run !== base);
  return others.find((run) => run.id === search.other) ?? others[0];
}

function OtherChooser({ runs, base, other }: PairProps & { other: ComparedRun }) {
  const { setSearch } = usePlace();
  return (
    <label className="r-check">
      Lines of
      <select
        className="r-select"
        value={other.id}
        onChange={(event) => setSearch({ other: event.currentTarget.value })}
      >
        {runs
          .filter((run) => run !== base)
          .map((run) => (
            <option key={run.id} value={run.id}>
              {run.name}
            </option>
          ))}
      </select>
      against {base.name}
    </label>
  );
}

/** What was changed since the commits of two runs, line by line. */
export function CodeLines(props: PairProps) {
  const { base } = props;
  const other = useOther(props);
  const before = useChanges(base);
  const after = useChanges(other);
  if (!other) return null;
  return (
    <Panel title="Changes since the commit" actions={<OtherChooser {...props} other={other} />}>
      {before === undefined && after === undefined ? (
        <p className="r-serif">Neither run recorded a change since its commit.</p>
      ) : (
        <DiffView
          kind="text"
          before={base.name}
          after={other.name}
          beforeText={before ?? ''}
          afterText={after ?? ''}
        />
      )}
    </Panel>
  );
}

const CHANGES = 'rondo/changes.diff';

/** From the tags of the run, or from the file that `rondo runs exec` leaves. */
function useChanges(run: ComparedRun | undefined): string | undefined {
  const tagged = run && dirtyDiffOf(run);
  const files = useFiles(tagged === undefined ? run : undefined, ['rondo']);
  const file = files.find((each) => each === CHANGES);
  const text = useText(run, file);
  return tagged ?? text;
}

/** Folders where clients put what says how to make the environment again. */
const FOLDERS = ['rondo', 'rondo/environment', 'model'];
const ENVIRONMENT =
  /(^|\/)(capture\.json|requirements[\w.-]*\.txt|pip-freeze\.txt|conda\.ya?ml|python_env\.ya?ml|(package-lock|npm-shrinkwrap)\.json|[\w.-]*\.lock|pnpm-lock\.yaml)$/;
/** Larger ones are downloaded and compared elsewhere. */
const MOST_FILES = 6;

/** Files that say how the environment was made, of two runs. */
export function EnvironmentFiles(props: PairProps) {
  const { base } = props;
  const other = useOther(props);
  const before = useFiles(base, FOLDERS);
  const after = useFiles(other, FOLDERS);
  if (!other) return null;
  const paths = [...new Set([...before, ...after])].filter((path) => ENVIRONMENT.test(path)).sort();
  return (
    <Panel title="Recorded files" actions={<OtherChooser {...props} other={other} />}>
      {paths.length === 0 ? (
        <p className="r-serif">
          Neither run has files that say how its environment was made: a requirements.txt of its model, or
          what rondo runs exec records.
        </p>
      ) : (
        paths
          .slice(0, MOST_FILES)
          .map((path) => (
            <FileLines
              key={path}
              path={path}
              base={base}
              other={other}
              has={[before.includes(path), after.includes(path)]}
            />
          ))
      )}
    </Panel>
  );
}

function FileLines({
  path,
  base,
  other,
  has,
}: {
  path: string;
  base: ComparedRun;
  other: ComparedRun;
  has: readonly [boolean, boolean];
}) {
  const before = useText(base, has[0] ? path : undefined);
  const after = useText(other, has[1] ? path : undefined);
  const loading = (has[0] && before === undefined) || (has[1] && after === undefined);
  return (
    <section>
      <h3 className="r-label">{path}</h3>
      {loading ? (
        <p className="r-small">Loading.</p>
      ) : (
        <DiffView
          kind="text"
          before={base.name}
          after={other.name}
          beforeText={before ?? ''}
          afterText={after ?? ''}
        />
      )}
    </section>
  );
}

/** Paths of the files in those folders; a folder that is not there has none. */
function useFiles(run: ComparedRun | undefined, folders: readonly string[]): readonly string[] {
  const [first, second, third] = [0, 1, 2].map((at) => folders[at]);
  const lists = [useFolder(run, first), useFolder(run, second), useFolder(run, third)];
  return lists.flat();
}

function useFolder(run: ComparedRun | undefined, path: string | undefined): readonly string[] {
  const answer = useEndpoint(
    artifactsContract.listRunArtifacts,
    run && path ? { query: { run_id: run.id, path } } : undefined,
  );
  return (answer.data?.files ?? []).filter((file) => !file.is_dir).map((file) => file.path);
}

function useText(run: ComparedRun | undefined, path: string | undefined): string | undefined {
  return useFileText(
    artifactsContract.getRunArtifact,
    run && path ? { query: { run_id: run.id, path } } : undefined,
  ).data;
}
