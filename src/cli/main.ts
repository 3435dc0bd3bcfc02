import { Command } from 'commander';
import { AppError } from '../lib/errors.ts';
import { VERSION } from '../lib/version.ts';
import { environment } from '../server/config.ts';

const program = new Command('rondo')
  .description('Rondo: MLOps in one program')
  .version(VERSION)
  .exitOverride();

program
  .command('server')
  .description('Start the server and its gateway')
  .option('--host <host>', 'address to bind (RONDO_HOST)')
  .option('--port <port>', 'port of API and UI, 0 for any (RONDO_PORT)')
  .option('--gateway-port <port>', 'port of the inference gateway (RONDO_GATEWAY_PORT)')
  .option('--data <folder>', 'data folder (RONDO_DATA)')
  .option('--database-url <url>', 'PostgreSQL instead of SQLite (RONDO_DATABASE_URL)')
  .option('--artifacts-url <url>', 's3://bucket/prefix instead of the data folder (RONDO_ARTIFACTS_URL)')
  .option(
    '--default-artifact-root <root>',
    'root that MLflow clients write to themselves (RONDO_DEFAULT_ARTIFACT_ROOT)',
  )
  .option('--token <token>', 'the start token (RONDO_TOKEN)')
  .action(async (flags: Record<string, string | undefined>) => {
    const { runServer } = await import('../server/main.ts');
    await runServer(flags);
  });

program
  .command('quickstart')
  .description('Play the flights example on a server of its own, then keep serving')
  .option('--exit', 'end after the loop')
  .action(async (flags: { exit?: boolean }) => {
    const { quickstart } = await import('./quickstart/quickstart.ts');
    process.exitCode = await quickstart({ exit: flags.exit === true, environment: environment() });
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Prints what, why and what to do; returns the exit code: 2 for wrong usage, 1 for everything else. */
function explain(error: unknown): number {
  if ((error as { code?: string }).code?.startsWith('commander.')) {
    return (error as { exitCode?: number }).exitCode === 0 ? 0 : 2;
  }
  if (error instanceof AppError) {
    console.error(`${error.message}${error.hint ? `\n${error.hint}` : ''}\n${error.code}`);
    return 1;
  }
  console.error(error);
  return 1;
}
