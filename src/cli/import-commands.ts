import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../lib/command.ts';
import { invalid } from '../lib/errors.ts';
import type { Settings } from '../sdk/settings.ts';
import { environment } from '../server/config.ts';
import type { Source } from './import/source.ts';

interface Flags {
  experiment: string[];
  dryRun?: boolean;
  again?: boolean;
  workspace?: string;
  allWorkspaces?: boolean;
  artifactsDestination?: string;
}

function existing(path: string): string {
  const full = resolve(path);
  if (existsSync(full)) return full;
  throw invalid(`There is no ${full}.`);
}

const many = (value: string, before: string[]) => [...before, value];
const STOPPED = 130;
/** All that was read is here, and something was left out. */
const LEFT_OUT = 3;
const PROGRESS_MS = 1000;
const OTHER_WORKSPACES =
  'They are not read: name one with --workspace, or bring each into the project of its name with --all-workspaces.';

/** `rondo import`: everything that was tracked elsewhere, with the ids it has there. */
export function importCommands(program: Command, context: CommandContext & { settings(): Settings }): void {
  const noun = program
    .command('import')
    .description('Bring in what was tracked elsewhere; started again, it goes on');
  const verb = (name: string, argument: string, description: string) =>
    noun
      .command(`${name} <${argument}>`)
      .description(description)
      .option('--experiment <name>', 'only this experiment (may be given several times)', many, [])
      .option('--dry-run', 'only count what is there')
      .option('--again', 'read all runs again, also those that were brought in in full');

  verb(
    'mlflow',
    'source',
    'A server of MLflow, an mlruns folder, or sqlite: and postgresql: as MLflow writes them',
  )
    .option('--workspace <name>', 'workspace of the server or database to read')
    .option(
      '--all-workspaces',
      'each of them into the project of its name, which is made where there is none',
    )
    .option('--artifacts-destination <place>', 'folder or s3: that the server keeps mlflow-artifacts: in')
    .action(async (text: string, flags: Flags) => {
      const { openMlflow } = await import('./import/mlflow/open.ts');
      const { workspaces, source } = await openMlflow(text, flags.artifactsDestination, environment());
      const { workspace: named, allWorkspaces: all = false } = flags;
      if (all && named !== undefined) throw invalid('--workspace and --all-workspaces exclude each other.');
      if (all && workspaces.length === 0)
        throw invalid('There are no workspaces.', 'Leave --all-workspaces out.');
      if (named !== undefined && workspaces.length > 0 && !workspaces.includes(named))
        throw invalid(`There is no workspace '${named}'.`, `There are ${workspaces.join(', ')}.`);
      for (const workspace of all ? workspaces : [])
        if (await run(await source(workspace), flags, workspace)) return;
      if (all) return;
      const others = named === undefined ? workspaces.filter((one) => one !== 'default') : [];
      await run(await source(named), flags, context.project(), others);
    });

  verb('wandb', 'path', 'A .wandb file of W&B, or a folder with runs that it kept on this machine').action(
    async (path: string, flags: Flags) => {
      const { wandbFolder } = await import('./import/wandb/folder.ts');
      await run(wandbFolder(existing(path)), flags);
    },
  );
  verb('tensorboard', 'folder', 'Event files of TensorBoard: each folder with some is a run').action(
    async (path: string, flags: Flags) => {
      const { tensorboardFolder } = await import('./import/tensorboard/folder.ts');
      await run(tensorboardFolder(existing(path)), flags);
    },
  );

  /** Answers whether it was stopped. `others`: workspaces beside the one that is read. */
  async function run(
    source: Source,
    flags: Flags,
    project = context.project(),
    others: readonly string[] = [],
  ): Promise<boolean> {
    const { ImportJournal } = await import('./import/journal.ts');
    const { Target } = await import('./import/server.ts');
    const { reportText, Tally } = await import('./import/tally.ts');
    const { transfer } = await import('./import/transfer.ts');
    const journal = new ImportJournal(
      { url: context.settings().url, project, source: source.name },
      environment(),
    );
    if (flags.again) journal.forget();
    const tally = new Tally();
    if (others.length > 0)
      tally.notes.push({ kind: 'workspaces', id: others.join(', '), why: OTHER_WORKSPACES });
    const stop = new AbortController();
    const onStop = () => stop.abort();
    process.once('SIGINT', onStop);
    process.once('SIGTERM', onStop);
    let told = 0;
    const progress = (text: string) => {
      if (Date.now() - told < PROGRESS_MS) return;
      told = Date.now();
      context.progress(flags.allWorkspaces ? `${project}: ${text}` : text);
    };
    const dryRun = flags.dryRun === true;
    const target = new Target(context, project);
    let digests: Awaited<ReturnType<typeof transfer>> = [];
    try {
      if (flags.allWorkspaces && !dryRun) await target.prepare();
      const options = { source, target, journal, tally, only: flags.experiment, dryRun };
      digests = await transfer({ ...options, signal: stop.signal, progress });
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      process.exitCode = STOPPED;
    } finally {
      process.off('SIGINT', onStop);
      process.off('SIGTERM', onStop);
      await source.close?.();
    }
    const report = tally.report(source.name, project, dryRun, !stop.signal.aborted, digests);
    const file = dryRun ? undefined : journal.report(report);
    const heading = flags.allWorkspaces ? `Project ${project}, from ${source.name}:\n` : '';
    context.print({ ...report, file }, heading + reportText(report, file));
    if (!report.complete) return true;
    if (digests.some(({ equal }) => !equal)) context.fail();
    else if (report.left_out.length > 0) process.exitCode ??= LEFT_OUT;
    return false;
  }
}
