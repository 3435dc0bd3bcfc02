import { type Command, InvalidArgumentError } from 'commander';
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

function collectPair(given: string, before: Record<string, string>): Record<string, string> {
  const at = given.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError(`'${given}' is not key=value.`);
  return { ...before, [given.slice(0, at)]: given.slice(at + 1) };
}
