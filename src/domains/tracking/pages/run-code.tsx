import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { Panel } from '../../../ui/panel.tsx';
import type { Run } from '../schema.ts';

const LINE = { '+': 'new', '-': 'gone', '@': 'place' } as const;

/** Which code ran: its commit, and what had been changed since, where the client recorded that. */
export function RunCode({ run }: { run: Run }) {
  const tags = new Map((run.data.tags ?? []).map(({ key, value }) => [key, value]));
  const tag = (...keys: string[]) => keys.map((key) => tags.get(key)).find(Boolean);
  const commit = tag('mlflow.source.git.commit', 'mlflow.git.commit');
  const diff = tag('rondo.git.diff', 'mlflow.git.diff');
  const source = tag('mlflow.source.name');
  if (!commit && !source && !diff)
    return (
      <p className="r-serif">
        The client recorded no code. MLflow's does when the script that logs lies in a git repository.
      </p>
    );
  return (
    <>
      <Facts
        rows={[
          ['Entry point', source],
          ['Kind', tag('mlflow.source.type')],
          ['Repository', tag('mlflow.source.git.repoURL', 'mlflow.git.repo_url')],
          ['Branch', tag('mlflow.source.git.branch', 'mlflow.git.branch')],
          ['Commit', commit ? <Id value={commit} /> : undefined],
          ['Changed since', diff ? undefined : tag('mlflow.git.dirty')],
        ]}
      />
      {diff ? (
        <Panel title="Changed since the commit">
          <pre className="r-diff-text r-code" tabIndex={0}>
            {diff.split('\n').map((line, index) => (
              <span key={index} className="r-patch-line" data-kind={kindOf(line)}>
                {line}
                {'\n'}
              </span>
            ))}
          </pre>
        </Panel>
      ) : null}
    </>
  );
}

function kindOf(line: string): string | undefined {
  if (line.startsWith('+++') || line.startsWith('---')) return undefined;
  return LINE[line[0] as keyof typeof LINE];
}
