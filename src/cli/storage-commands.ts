import type { Command } from 'commander';
import type { CommandContext } from '../lib/command.ts';
import { invalid } from '../lib/errors.ts';
import { textTable } from '../lib/table.ts';
import { serverContract } from '../server/contract.ts';
import type { Collection } from '../server/storage/schema.ts';
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
        `${made.path}: ${made.rows.toLocaleString('en')} rows, ${made.blobs.toLocaleString('en')} blobs, ${megabytes(made.bytes)}.${missing}`,
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

  const noun = program.command('storage').description('The artifact store');
  noun
    .command('show')
    .description('Blobs and bytes by what references them')
    .action(async () => {
      const use = await context.client(serverContract).getStorage({});
      const rows = use.kinds.map(({ kind, blobs, bytes }) => [kind, blobs, megabytes(bytes)]);
      context.print(use, textTable(['KIND', 'BLOBS', 'SIZE'], rows) || 'The artifact store is empty.');
    });
  noun
    .command('gc')
    .description('Set aside blobs that nothing references, and remove those set aside before')
    .option('--dry-run', 'only say what would be done')
    .option('--grace <hours>', 'leave alone what is younger (at least 1)', '24')
    .action(async (options: { dryRun?: boolean; grace: string }) => {
      const grace_hours = Number(options.grace);
      if (!(grace_hours >= 1)) throw invalid('--grace takes a number of hours, at least 1.');
      const client = context.client(serverContract);
      const body = { dry_run: options.dryRun === true, grace_hours };
      const { job } = await client.collectStorage({ body });
      for (;;) {
        const { state, error, result } = await client.getCollection({ params: { job } });
        if (result) return context.print(result, sentenceOf(result));
        if (state === 'dead' || state === 'cancelled') {
          context.print({ state, error }, `The collection ended as ${state}: ${error ?? ''}`);
          return context.fail();
        }
        context.progress(state);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    });
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function sentenceOf(made: Collection): string {
  const part = (sum: { blobs: number; bytes: number }) => `${sum.blobs} blobs (${megabytes(sum.bytes)})`;
  const would = made.dry_run ? 'would be ' : '';
  return `${part(made.set_aside)} ${would}set aside, ${part(made.purged)} ${would}removed, ${part(made.recalled)} ${would}put back, ${part(made.kept)} kept.`;
}
