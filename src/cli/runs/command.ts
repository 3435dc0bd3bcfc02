import { type Command, InvalidArgumentError, Option } from 'commander';
import { TOLERANCE } from '../../domains/tracking/reproduction.ts';
import type { CommandContext } from '../../lib/command.ts';
import { pageHref } from '../../lib/page-href.ts';
import type { Settings } from '../../sdk/settings.ts';

const PATIENCE_MS = 600_000;

export interface RunsContext extends CommandContext {
  settings(): Settings;
  isJson(): boolean;
}

/** Runs of this machine: begun around a command, sent later, made again. */
export function runsCommand(program: Command, context: RunsContext): void {
  const noun = program.command('runs').description('Tracked runs');
  syncVerb(noun, context);
  execVerb(noun, context);
  reproduceVerb(noun, context);
}

function syncVerb(noun: Command, context: RunsContext): void {
  noun
    .command('sync')
    .description('Send what runs of this machine logged while the server was away')
    .action(async () => {
      const { Journal } = await import('../../sdk/journal.ts');
      const { sendLeftBehind } = await import('../../sdk/background.ts');
      const { answeredFetch } = await import('../../sdk/connection.ts');
      const { url, token, project } = context.settings();
      const left = Journal.leftBehind(url);
      const refused: { what: string; why: string }[] = [];
      const sent = await sendLeftBehind(
        { url, token, project, fetch: answeredFetch },
        left,
        (one) => {
          refused.push(one);
          context.progress(`Refused ${one.what}: ${one.why}`);
        },
        PATIENCE_MS,
      );
      const waiting = left.filter((journal) => journal.waiting.length > 0).map(({ file }) => file);
      const text =
        left.length === 0
          ? `Nothing waits for ${url}.`
          : [
              `Sent what ${sent} of ${left.length} runs had left.`,
              ...waiting.map((file) => `Still waiting: ${file}`),
            ].join('\n');
      context.print({ sent, waiting, refused }, text);
      if (waiting.length > 0) context.fail();
    });
}

interface ExecOptions {
  experiment?: string;
  name?: string;
  param: Record<string, string>;
}

function execVerb(noun: Command, context: RunsContext): void {
  noun
    .command('exec')
    .description('Run a command as a tracked run, and record what it takes to run it again')
    .usage('[options] -- COMMAND ARGS…')
    .argument('<command...>', 'the command, after --')
    .option('--experiment <name>', 'experiment of the run (MLFLOW_EXPERIMENT_NAME, else Default)')
    .option('--name <name>', 'name of the run')
    .option('-p, --param <key=value>', 'a param of the run; may be repeated', collectPair, {})
    .action(async (argv: string[], { experiment, name, param }: ExecOptions) => {
      const { runTracked } = await import('./tracked-command.ts');
      const settings = context.settings();
      const out = context.isJson() ? process.stderr : process.stdout;
      const ended = await runTracked(
        settings,
        {
          argv,
          cwd: process.cwd(),
          env: process.env,
          experiment: experiment ?? process.env.MLFLOW_EXPERIMENT_NAME ?? 'Default',
          name,
          params: param,
        },
        {
          out,
          err: process.stderr,
          begun: ({ id }) =>
            context.progress(`Run ${id}: ${settings.url}${pageHref(settings.project, 'runs', id)}`),
        },
      );
      if (context.isJson()) context.print(ended, '');
      process.exitCode = ended.code;
    });
}

interface ReproduceFlags {
  tolerance: number;
  metric: string[];
  env: 'current' | 'locked';
  keep?: boolean;
  dryRun?: boolean;
}

function reproduceVerb(noun: Command, context: RunsContext): void {
  noun
    .command('reproduce <run>')
    .description('Run a recorded run again, with its code, command and data, and compare its metrics')
    .option('--tolerance <number>', 'how far a metric may be off, relative to it', toleranceOf, TOLERANCE)
    .option('--metric <name>', 'compare this metric only; may be repeated', collect, [])
    .addOption(
      new Option('--env <which>', 'what is installed here, or what the lock names, installed anew')
        .choices(['current', 'locked'])
        .default('current'),
    )
    .option('--keep', 'leave the checkout where it is')
    .option('--dry-run', 'find the code and say what differs, and run nothing')
    .action(async (run: string, flags: ReproduceFlags) => {
      const { reproduce } = await import('./reproduce.ts');
      const { verdictText } = await import('./verdict.ts');
      const { tolerance, metric: metrics, env: environment, keep = false, dryRun = false } = flags;
      const options = { tolerance, metrics, environment, keep, dryRun };
      const result = await reproduce(context.settings(), run, options, (text) => context.progress(text));
      context.print(result, verdictText(result, tolerance));
      if (result.reproduction && result.reproduction.verdict !== 'reproduced') context.fail();
    });
}

function toleranceOf(given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError(`'${given}' is no number of 0 or more.`);
}

const collect = (given: string, before: string[]): string[] => [...before, given];

function collectPair(given: string, before: Record<string, string>): Record<string, string> {
  const at = given.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError(`'${given}' is not key=value.`);
  return { ...before, [given.slice(0, at)]: given.slice(at + 1) };
}
