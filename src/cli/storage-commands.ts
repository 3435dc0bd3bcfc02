import type { Command } from 'commander';
import type { CommandContext } from '../lib/command.ts';
import type { GlobalOptions } from './context.ts';

interface Places {
  databaseUrl?: string;
  artifactsUrl?: string;
}

/** Back-up and restore work on the data folder itself, so that they need no server that answers. */
export function storageCommands(program: Command, context: CommandContext): void {
  const config = async (flags: Places) => {
    const { readConfig } = await import('../server/config.ts');
    const { data } = program.opts<GlobalOptions>();
    return readConfig({ data, databaseUrl: flags.databaseUrl, artifactsUrl: flags.artifactsUrl });
  };
  program
    .command('backup <target>')
    .description(
      'Back up database, artifacts and gateway into a new folder or .tar file, also while the server runs',
    )
    .option('--database-url <url>', 'PostgreSQL instead of SQLite (RONDO_DATABASE_URL)')
    .option('--artifacts-url <url>', 's3://bucket/prefix instead of the data folder (RONDO_ARTIFACTS_URL)')
    .option('--allow-missing', 'go on although referenced blobs are missing; the back-up lists them')
    .action(async (target: string, flags: Places & { allowMissing?: boolean }) => {
      const { backUp } = await import('../server/storage/backup.ts');
      const made = await backUp(await config(flags), target, {
        allowMissing: flags.allowMissing === true,
        progress: (text) => context.progress(text),
      });
      const missing = made.missing.length > 0 ? ` ${made.missing.length} blobs were missing.` : '';
      context.print(
        made,
        `${made.path}: ${made.rows.toLocaleString('en')} rows, ${made.blobs.toLocaleString('en')} blobs, ${(made.bytes / 1e6).toFixed(1)} MB.${missing}`,
      );
    });
  program
    .command('restore <from>')
    .description('Make a new data folder from a back-up, after verifying every byte of it')
    .option('--database-url <url>', 'empty PostgreSQL database to restore into (RONDO_DATABASE_URL)')
    .option('--artifacts-url <url>', 's3://bucket/prefix instead of the data folder (RONDO_ARTIFACTS_URL)')
    .action(async (from: string, flags: Places) => {
      const { restore } = await import('../server/storage/restore.ts');
      const to = await config(flags);
      const made = await restore(to, from, (text) => context.progress(text));
      const missing =
        made.missing.length > 0 ? ` ${made.missing.length} blobs were missing already then.` : '';
      context.print(
        { ...made, data: to.data },
        `${to.data} is as it was at ${new Date(made.created_at).toISOString()}: ${made.rows.toLocaleString('en')} rows, ${made.blobs.toLocaleString('en')} blobs.${missing}`,
      );
    });
}
