import type { Command } from 'commander';
import type { CommandContext } from '../lib/command.ts';
import type { Settings } from '../sdk/settings.ts';

const PATIENCE_MS = 600_000;

/** What runs of this machine logged in the background and could not send. */
export function runsCommand(program: Command, context: CommandContext & { settings(): Settings }): void {
  const noun = program.command('runs').description('Tracked runs');
  noun
    .command('sync')
    .description('Send what runs of this machine logged while the server was away')
    .action(async () => {
      const { Journal } = await import('../sdk/journal.ts');
      const { sendLeftBehind } = await import('../sdk/background.ts');
      const { answeredFetch } = await import('../sdk/connection.ts');
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
