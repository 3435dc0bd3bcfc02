import type { Command } from 'commander';
import { identityContract } from '../domains/identity/contract.ts';
import type { CommandContext } from '../lib/command.ts';
import { saveCredential } from '../sdk/credentials.ts';
import type { Settings } from '../sdk/settings.ts';
import { askSecret } from './secret-input.ts';

/** Signing in from a terminal: the session is kept for CLI and SDK of this account, by the server's URL. */
export function loginCommands(program: Command, context: CommandContext & { settings(): Settings }): void {
  program
    .command('login <name>')
    .description('Sign in with a password; CLI and SDK act as this user until the session ends')
    .action(async (name: string) => {
      const { url } = context.settings();
      const password = await askSecret(`Password of ${name} at ${url}: `);
      const { user, secret, expires_at } = await context
        .client(identityContract)
        .signIn({ body: { name, password } });
      const file = saveCredential(url, { token: secret, expires_at });
      const until = new Date(expires_at ?? 0).toISOString();
      context.print({ user, url, expires_at }, `You are ${user} at ${url} until ${until}; kept in ${file}.`);
    });
  program
    .command('logout')
    .description('End the session of `rondo login`')
    .action(async () => {
      const { url } = context.settings();
      await context.client(identityContract).signOut({});
      saveCredential(url, undefined);
      context.print({ url }, `Signed out of ${url}.`);
    });
}
