import { useFileText } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { artifactsContract } from '../contract/artifacts.ts';
import type { Run } from '../schema.ts';
import { CAPTURE_PATHS, CAPTURE_TAGS, Capture } from '../schema/capture.ts';
import { RunReproductions } from './run-reproductions.tsx';

const LINE = { '+': 'new', '-': 'gone', '@': 'place' } as const;
/** Lines of changes that a page draws; the artifact has them all. */
const MOST_LINES = 2000;

/** Which code ran: its commit, and what had been changed since, where that was recorded; and who ran it again. */
export function RunCode({ run }: { run: Run }) {
  const tags = new Map((run.data.tags ?? []).map(({ key, value }) => [key, value]));
  const tag = (...keys: string[]) => keys.map((key) => tags.get(key)).find(Boolean);
  const isRecorded = tags.has(CAPTURE_TAGS.machine);
  const capture = useCapture(run, isRecorded);
  const commit = tag('mlflow.source.git.commit', 'mlflow.git.commit');
  const changed = useFileText(
    artifactsContract.getRunArtifact,
    Number(tags.get(CAPTURE_TAGS.changedLines)) > 0 ? fileOf(run, CAPTURE_PATHS.changes) : undefined,
  ).data;
  const diff = changed ?? tag('rondo.git.diff', 'mlflow.git.diff');
  const source = tag('mlflow.source.name');
  const locks = capture?.environment.locks ?? [];
  return (
    <div className="r-stack">
      {commit || source || diff ? (
        <Facts
          rows={[
            ['Entry point', source],
            ['Kind', tag('mlflow.source.type')],
            [
              'Command',
              capture ? <code className="r-code r-break">{capture.command.argv.join(' ')}</code> : undefined,
            ],
            ['Repository', tag('mlflow.source.git.repoURL', 'mlflow.git.repo_url')],
            ['Branch', tag('mlflow.source.git.branch', 'mlflow.git.branch')],
            ['Commit', commit ? <Id value={commit} /> : undefined],
            ['Changed since', diff ? undefined : tag('mlflow.git.dirty')],
            ['Not recorded', leftOutOf(capture)],
          ]}
        />
      ) : (
        <p className="r-serif">
          The client recorded no code. MLflow's does when the script that logs lies in a git repository.
        </p>
      )}
      {capture ? (
        <Panel title="Environment">
          <Facts
            rows={[
              [
                capture.environment.language === 'python' ? 'Python' : 'Node',
                capture.environment.version ?? undefined,
              ],
              ...locks.map(
                (lock) => [lock.path ?? lock.kind, <Id value={lock.sha256} length={12} />] as const,
              ),
              ['Processor', `${capture.machine.cpu}, ${formatNumber(capture.machine.cpus, 'count')} cores`],
              ['Memory', formatNumber(capture.machine.memory_bytes, 'bytes')],
              ['Graphics', capture.machine.gpus.join(', ')],
              ['System', `${capture.machine.os} ${capture.machine.arch}`],
            ]}
          />
        </Panel>
      ) : null}
      <RunReproductions run={run} />
      {diff ? <Changes diff={diff} /> : null}
    </div>
  );
}

const fileOf = (run: Run, path: string) => ({ query: { run_id: run.info.run_id, path } });

/** What `rondo runs exec` or the SDK recorded; undefined where nothing did, or another version. */
function useCapture(run: Run, isRecorded: boolean): Capture | undefined {
  const args = isRecorded ? fileOf(run, CAPTURE_PATHS.record) : undefined;
  const text = useFileText(artifactsContract.getRunArtifact, args).data;
  if (text === undefined) return undefined;
  try {
    return Capture.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function leftOutOf(capture: Capture | undefined): string | undefined {
  const names = (capture?.code?.left_out ?? []).map(({ path, why }) => `${path} (${why})`);
  return names.length === 0 ? undefined : names.slice(0, 10).join(', ');
}

function Changes({ diff }: { diff: string }) {
  const lines = diff.split('\n');
  return (
    <Panel title="Changed since the commit">
      <pre className="r-diff-text r-code" tabIndex={0}>
        {lines.slice(0, MOST_LINES).map((line, index) => (
          <span key={index} className="r-patch-line" data-kind={kindOf(line)}>
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
      {lines.length > MOST_LINES ? (
        <p className="r-small">
          {formatNumber(lines.length - MOST_LINES, 'count')} lines more are in {CAPTURE_PATHS.changes}.
        </p>
      ) : null}
    </Panel>
  );
}

function kindOf(line: string): string | undefined {
  if (line.startsWith('+++') || line.startsWith('---')) return undefined;
  return LINE[line[0] as keyof typeof LINE];
}
