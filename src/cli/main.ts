import { Command } from 'commander';
import { approvalsCommand } from '../domains/approvals/command.ts';
import { rulesCommand } from '../domains/automation/command.ts';
import { datasetsCommand } from '../domains/datasets/command.ts';
import { tokensCommand, usersCommand } from '../domains/identity/command.ts';
import { lineageCommand } from '../domains/lineage/command.ts';
import { maturityCommand } from '../domains/maturity/command.ts';
import { pipelinesCommand } from '../domains/pipelines/command.ts';
import { monitorsCommand } from '../domains/monitoring/command.ts';
import { projectsCommand } from '../domains/projects/command.ts';
import { trashCommand } from '../domains/tracking/command.ts';
import { modelsCommand, webhooksCommand } from '../domains/registry/command.ts';
import { promoteCommand } from '../domains/releases/command.ts';
import { rolloutsCommand } from '../domains/rollouts/command.ts';
import { endpointsCommand } from '../domains/serving/command.ts';
import { AppError } from '../lib/errors.ts';
import { VERSION } from '../lib/version.ts';
import { environment } from '../server/config.ts';
import { createContext, type GlobalOptions } from './context.ts';
import { importCommands } from './import-commands.ts';
import { loginCommands } from './login.ts';
import { runsCommand } from './runs/command.ts';
import { proxyCommand } from './proxy/command.ts';
import { askSecret } from './secret-input.ts';
import { serverCommands } from './server-commands.ts';
import { storageCommands } from './storage-commands.ts';

const program = new Command('rondo')
  .description('Rondo: MLOps in one program')
  .version(VERSION)
  .option('--json', 'print the result as JSON')
  .option('--project <name>', 'project (RONDO_PROJECT)')
  .option('--url <url>', 'server to talk to (RONDO_URL)')
  .option('--token <token>', 'token of the server (RONDO_TOKEN)')
  .option('--data <folder>', 'data folder of a server on this machine (RONDO_DATA)')
  .showHelpAfterError('`rondo --help` lists the commands.')
  .exitOverride();
const context = createContext(program);

program
  .command('server')
  .description('Start the server and its gateway')
  .option('--host <host>', 'address to bind (RONDO_HOST)')
  .option('--port <port>', 'port of API and UI, 0 for any (RONDO_PORT)')
  .option('--gateway-port <port>', 'port of the inference gateway (RONDO_GATEWAY_PORT)')
  .option('--open-loopback <boolean>', 'false: a token is needed on loopback too (RONDO_OPEN_LOOPBACK)')
  .option(
    '--webhook-allow <list>',
    'hosts and networks that webhooks may call although they are not public (RONDO_WEBHOOK_ALLOW)',
  )
  .option('--database-url <url>', 'PostgreSQL instead of SQLite (RONDO_DATABASE_URL)')
  .option('--artifacts-url <url>', 's3://bucket/prefix instead of the data folder (RONDO_ARTIFACTS_URL)')
  .option(
    '--default-artifact-root <root>',
    'root that MLflow clients write to themselves (RONDO_DEFAULT_ARTIFACT_ROOT)',
  )
  .action(async (flags: Record<string, string | undefined>) => {
    const { runServer } = await import('../server/main.ts');
    const { data, token } = program.opts<GlobalOptions>();
    await runServer({ ...flags, data, token });
  });
serverCommands(program, context);
storageCommands(program, context);
loginCommands(program, context);
runsCommand(program, context);
importCommands(program, context);
proxyCommand(program, context);
usersCommand(program, context, askSecret);
tokensCommand(program, context);
datasetsCommand(program, context);
pipelinesCommand(program, context, async (path) => {
  const { readPipelineFile } = await import('./pipeline-file/read.ts');
  return readPipelineFile(path);
});
modelsCommand(program, context);
trashCommand(program, context);
webhooksCommand(program, context);
promoteCommand(program, context);
projectsCommand(program, context);
endpointsCommand(program, context);
monitorsCommand(program, context);
rolloutsCommand(program, context);
approvalsCommand(program, context);
rulesCommand(program, context);
lineageCommand(program, context);
maturityCommand(program, context, async () => {
  const { headCommit } = await import('../sdk/capture/code.ts');
  return headCommit(process.cwd());
});

program
  .command('quickstart')
  .description('Play the flights example on a server of its own, then keep serving')
  .option('--exit', 'end after the loop')
  .action(async (flags: { exit?: boolean }) => {
    const { quickstart } = await import('./quickstart/quickstart.ts');
    const { data, json } = program.opts<GlobalOptions>();
    const given = data === undefined ? {} : { RONDO_DATA: data };
    process.exitCode = await quickstart({
      exit: flags.exit === true,
      json: json === true,
      environment: { ...environment(), ...given },
    });
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
  if (!(error instanceof AppError)) {
    console.error(error);
    return 1;
  }
  const { json } = program.opts<GlobalOptions>();
  const text = `${error.message}${error.hint ? `\n${error.hint}` : ''}\n${error.code}`;
  console.error(json ? JSON.stringify(error.toFault()) : text);
  return 1;
}
