import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DiffView } from '../../../ui/diff-view.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { When } from '../../../ui/when.tsx';
import { projectsContract } from '../contract.ts';
import type { ProjectRevision } from '../schema.ts';
import { flatten } from './charter-words.ts';

/** Every save with what it changed, newest first. */
export function CharterHistory({ project }: { project: string }) {
  const answer = useEndpoint(projectsContract.listProjectRevisions, { params: { project } });
  const revisions = answer.data?.revisions ?? [];
  return (
    <Panel
      state={panelState(answer, {
        rows: 6,
        empty: (data) =>
          data.revisions.length === 0 ? (
            <p className="r-serif">
              The charter was never saved. Each save will stand here with what it changed.
            </p>
          ) : undefined,
      })}
    >
      <ol className="r-list">
        {revisions.map((revision, index) => (
          <li key={revision.revision}>
            <h2 className="r-h2">
              Revision {revision.revision}{' '}
              <span className="r-small">
                saved by {revision.author}, <When at={revision.created_at} clock="wall" />
              </span>
            </h2>
            <Change before={revisions[index + 1]} after={revision} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Change({ before, after }: { before: ProjectRevision | undefined; after: ProjectRevision }) {
  if (!before) return <p className="r-prose">The first one that is kept.</p>;
  const was = flatten(before.file);
  const now = flatten(after.file);
  const keys = [...new Set([...was.keys(), ...now.keys()])].filter((key) => was.get(key) !== now.get(key));
  if (keys.length === 0) return <p className="r-prose">Saved again without a change.</p>;
  return (
    <DiffView
      kind="fields"
      before={`revision ${before.revision}`}
      after={`revision ${after.revision}`}
      rows={keys.map((key) => ({ key, before: was.get(key), after: now.get(key), changed: true }))}
    />
  );
}
