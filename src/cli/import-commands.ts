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
    .option('--artifacts-destination <place>', 'folder or s3: that the server keeps mlflow-artifacts: in')
    .action(async (source: string, flags: Flags) => {
      const { mlflowSource } = await import('./import/mlflow/open.ts');
      await run(await mlflowSource(source, flags, environment()), flags);
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

  async function run(source: Source, flags: Flags): Promise<void> {
    const { ImportJournal } = await import('./import/journal.ts');
    const { Target } = await import('./import/server.ts');
    const { reportText, Tally } = await import('./import/tally.ts');
    const { transfer } = await import('./import/transfer.ts');
    const { url, project } = context.settings();
    const journal = new ImportJournal({ url, project, source: source.name }, environment());
    if (flags.again) journal.forget();
    const tally = new Tally();
    const stop = new AbortController();
    const onStop = () => stop.abort();
    process.once('SIGINT', onStop);
    process.once('SIGTERM', onStop);
    let told = 0;
    const progress = (text: string) => {
      if (Date.now() - told < PROGRESS_MS) return;
      told = Date.now();
      context.progress(text);
    };
    const dryRun = flags.dryRun === true;
    let digests: Awaited<ReturnType<typeof transfer>> = [];
    try {
      const options = { source, target: new Target(context), journal, tally, only: flags.experiment, dryRun };
      digests = await transfer({ ...options, signal: stop.signal, progress });
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      process.exitCode = STOPPED;
    } finally {
      process.off('SIGINT', onStop);
      process.off('SIGTERM', onStop);
      await source.close?.();
    }
    const report = tally.report(source.name, dryRun, !stop.signal.aborted, digests);
    const file = dryRun ? undefined : journal.report(report);
    context.print({ ...report, file }, reportText(report, file));
    if (!report.complete) return;
    if (digests.some(({ equal }) => !equal)) context.fail();
    else if (report.left_out.length > 0) process.exitCode = LEFT_OUT;
  }
}
