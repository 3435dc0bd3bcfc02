import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { invalid } from '../../lib/errors.ts';
import { textTable } from '../../lib/table.ts';
import { identityContract } from './contract.ts';
import { ProjectRole, Role } from './schema.ts';

const DAY = 86_400_000;

/** Asks for something that must not be seen, on the terminal without echo, or reads it from standard input. */
export type SecretInput = (question: string) => Promise<string>;

const day = (time: number | null): string =>
  time === null ? '' : new Date(time).toISOString().slice(0, 16).replace('T', ' ');

function roleOf(text: string | undefined): Role | null {
  if (text === undefined || text === 'none') return null;
  const role = Role.safeParse(text);
  if (role.success) return role.data;
  throw invalid(`'${text}' is no role.`, `Roles: none, ${Role.options.join(', ')}.`);
}

/** `rondo users`: people and service accounts. Passwords are asked for, never arguments. */
export function usersCommand(program: Command, context: CommandContext, ask: SecretInput): void {
  const client = () => context.client(identityContract);
  const noun = program.command('users').description('Users, service accounts and their roles');
  noun
    .command('list')
    .description('All users')
    .action(async () => {
      const { users } = await client().listUsers({});
      const rows = users.map((user) => [
        user.name,
        user.kind,
        user.role ?? 'only in projects',
        user.disabled ? 'disabled' : '',
        day(user.last_seen_at),
      ]);
      context.print(users, textTable(['USER', 'KIND', 'ROLE', 'STATE', 'LAST SEEN'], rows));
    });
  noun
    .command('add <name>')
    .description('Add a user; the password is asked for, or read from standard input')
    .option('--role <role>', 'role in every project and over the server')
    .option('--display-name <text>', 'name as it is shown')
    .option('--service', 'a service account: it has tokens and no password')
    .action(async (name: string, flags: { role?: string; displayName?: string; service?: boolean }) => {
      const role = roleOf(flags.role);
      const shown = flags.displayName === undefined ? {} : { display_name: flags.displayName };
      const password = flags.service ? {} : { password: await ask(`Password for ${name}: `) };
      const kind = flags.service ? ('service' as const) : ('person' as const);
      const user = await client().createUser({ body: { name, kind, role, ...shown, ...password } });
      context.print(user, `Added ${user.name}${role ? ` as ${role}` : ', who has no role yet'}.`);
    });
  noun
    .command('set-role <name> <role>')
    .description('Set the role everywhere, or in one project with --in; `none` takes it away or shuts out')
    .option('--in <project>', 'in this project only')
    .action(async (user: string, role: string, flags: { in?: string }) => {
      if (flags.in === undefined) {
        const changed = await client().changeUser({ params: { user }, body: { role: roleOf(role) } });
        context.print(changed, `${changed.name} is ${changed.role ?? 'without a role'} everywhere.`);
        return;
      }
      const wanted = ProjectRole.safeParse(role);
      if (!wanted.success)
        throw invalid(`'${role}' is no role.`, `Roles: ${ProjectRole.options.join(', ')}.`);
      const params = { project: flags.in, user };
      const member = await client().setMember({ params, body: { role: wanted.data } });
      context.print(member, `${member.user} is ${member.role} in ${flags.in}.`);
    });
  for (const [verb, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const)
    noun
      .command(`${verb} <name>`)
      .description(disabled ? 'Shut a user out at once, tokens included' : 'Let a disabled user in again')
      .action(async (user: string) => {
        const changed = await client().changeUser({ params: { user }, body: { disabled } });
        context.print(changed, `${changed.name} is ${changed.disabled ? 'disabled' : 'enabled'}.`);
      });
  noun
    .command('reset-password <name>')
    .description('Set a new password, asked for or read from standard input; all sessions end')
    .action(async (user: string) => {
      const password = await ask(`New password for ${user}: `);
      await client().resetPassword({ params: { user }, body: { password } });
      context.print({ user }, `${user} has a new password; all sessions ended.`);
    });
}

/** `rondo tokens`: what programs sign in with. */
export function tokensCommand(program: Command, context: CommandContext): void {
  const client = () => context.client(identityContract);
  const noun = program.command('tokens').description('Tokens for programs');
  noun
    .command('list')
    .description('The own tokens and sessions')
    .option('--user <name>', 'of somebody else (admins)')
    .action(async (flags: { user?: string }) => {
      const { tokens } =
        flags.user === undefined
          ? await client().listOwnTokens({})
          : await client().listTokensOf({ params: { user: flags.user } });
      const rows = tokens.map((token) => [
        token.id,
        token.label,
        token.role ?? 'all of its user',
        token.project ?? 'all',
        token.revoked_at === null ? day(token.expires_at) || 'never' : 'revoked',
        day(token.last_used_at),
      ]);
      context.print(tokens, textTable(['TOKEN', 'LABEL', 'ROLE', 'PROJECT', 'EXPIRES', 'LAST USED'], rows));
    });
  noun
    .command('create <label>')
    .description('Make a token; its secret is printed this once')
    .option('--user <name>', 'for this service account (admins)')
    .option('--role <role>', 'at most this role')
    .option('--in <project>', 'for this project only')
    .option('--days <number>', 'until it expires; for ever when left out')
    .action(async (label: string, flags: { user?: string; role?: string; in?: string; days?: string }) => {
      const days = flags.days === undefined ? undefined : Number(flags.days);
      if (days !== undefined && !(days > 0)) throw invalid(`--days ${flags.days} is no number of days.`);
      const body = {
        label,
        role: roleOf(flags.role),
        project: flags.in ?? null,
        expires_at: days === undefined ? null : Math.round(Date.now() + days * DAY),
      };
      const token =
        flags.user === undefined
          ? await client().createToken({ body })
          : await client().createServiceToken({ params: { user: flags.user }, body });
      context.print(token, token.secret);
    });
  noun
    .command('revoke <id>')
    .description('End a token or session at once')
    .action(async (id: string) => {
      await client().revokeToken({ params: { id } });
      context.print({ id }, `Token ${id} counts no more.`);
    });
}
