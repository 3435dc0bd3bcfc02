import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { identityContract } from '../domains/identity/contract.ts';
import type { CommandContext } from '../lib/command.ts';
import { AppError, ERRORS } from '../lib/errors.ts';
import { serverContract } from '../server/contract.ts';
import { VERSION } from '../lib/version.ts';
import type { Settings } from '../sdk/settings.ts';

type Context = CommandContext & { settings(): Settings };

/** The verbs about the server itself. */
export function serverCommands(program: Command, context: Context): void {
  program
    .command('token')
    .description('Print the token of the server on this machine')
    .action(() => {
      const { token } = context.settings();
      if (!token)
        throw new AppError(ERRORS.NOT_FOUND, 'There is no token here.', {
          hint: 'Run it where the server runs, or name its data folder: rondo token --data FOLDER.',
        });
      context.print({ token }, token);
    });
  program
    .command('status')
    .description('Whether the server answers, and as whom')
    .action(async () => {
      const { url, project } = context.settings();
      const me = await context.client(identityContract).whoAmI({});
      const { version } = await context.client(serverContract).getStatus({});
      const facts = { url, version, client: VERSION, project, name: me.name, may: me.may };
      const text = `Rondo ${version} at ${url}\nYou are ${me.name} in project ${project} and may ${me.may.join(', ')}.`;
      context.print(facts, text);
    });
  const step = program.command('step', { hidden: true });
  step
    .command('exec <folder>')
    .description('Run the attempt that is described in a folder (used by launchers)')
    .action(async (folder: string) => {
      const here = import.meta.url;
      const entry = fileURLToPath(new URL(here.includes('/chunks/') ? '../step.js' : './step.js', here));
      const child = spawn(process.execPath, [entry, 'exec', folder], { stdio: 'inherit' });
      process.exitCode = await new Promise<number>((resolve) =>
        child.once('exit', (code) => resolve(code ?? 1)),
      );
    });
}
