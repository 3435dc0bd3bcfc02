import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { AppError, conflict, ERRORS, invalid, notFound } from '../../lib/errors.ts';
import type { Settings } from '../../sdk/settings.ts';
import type { ProxyReport } from './report.ts';

interface Flags {
  upstream?: string;
  upstreamCa?: string;
  state: string;
  host: string;
  port: string;
  sample: string;
  timeout: string;
}

/** The road from an MLflow server to Rondo: both get every request until Rondo takes over. */
export function proxyCommand(program: Command, context: CommandContext & { settings(): Settings }): void {
  const noun = program
    .command('proxy')
    .description('Stand in front of an MLflow server, mirror every request to Rondo and compare the answers')
    .option('--upstream <url>', 'address of the MLflow server')
    .option('--upstream-ca <file>', 'who signs its certificate, as PEM; MLFLOW_TRACKING_SERVER_CERT_PATH')
    .option('--state <folder>', 'where the proxy keeps what it may not forget', './rondo-proxy')
    .option('--host <host>', 'address to bind', '127.0.0.1')
    .option('--port <port>', 'port to bind, 0 for any', '5000')
    .option('--sample <share>', 'share of reads to compare, 0 to 1', '1')
    .option('--timeout <seconds>', 'how long an answer may take to begin', '300')
    .action(() => run(noun.opts<Flags>(), context));
  noun
    .command('report')
    .description('What was compared, and where the answers differ')
    .action(async () => {
      const { reportText } = await import('./report.ts');
      const report = await readReport(noun.opts<Flags>().state);
      context.print(report, reportText(report));
    });
  noun
    .command('cutover')
    .description('Let Rondo answer the clients; MLflow gets the writes from then on')
    .option('--back', 'let MLflow answer them again')
    .option('--force', 'although writes wait or answers differ')
    .action(async (flags: { back?: boolean; force?: boolean }) => {
      const query = new URLSearchParams();
      if (flags.back) query.set('back', '');
      if (flags.force) query.set('force', '');
      const { state } = noun.opts<Flags>();
      const report = await ask(state, 'POST', `cutover?${query}`);
      if (!report) throw conflict('The proxy does not run.', 'Start it, then cut over.');
      context.print(report, `${report.primary === 'rondo' ? 'Rondo' : 'MLflow'} answers clients now.`);
    });
}

async function run(flags: Flags, context: CommandContext & { settings(): Settings }): Promise<void> {
  const { startProxy } = await import('./proxy.ts');
  if (!flags.upstream) throw invalid('--upstream takes the address of the MLflow server.');
  const sample = Number(flags.sample);
  if (!(sample >= 0 && sample <= 1)) throw invalid('--sample takes a number from 0 to 1.');
  const timeoutMs = Number(flags.timeout) * 1000;
  if (!(timeoutMs > 0)) throw invalid('--timeout takes a number of seconds.');
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalid('--port takes a port.');
  const { url, token } = context.settings();
  const proxy = await startProxy({
    upstream: flags.upstream.replace(/\/+$/, ''),
    rondo: url,
    rondoToken: token,
    upstreamCa: authorities(flags.upstreamCa ?? process.env.MLFLOW_TRACKING_SERVER_CERT_PATH),
    upstreamAuthorization: upstreamAuthorization(process.env),
    folder: flags.state,
    host: flags.host,
    port,
    timeoutMs,
    sample,
  });
  const { primary } = proxy.report();
  context.print(
    { url: proxy.url, primary },
    `The proxy serves at ${proxy.url}; ${primary === 'rondo' ? 'Rondo' : 'MLflow'} answers. Its report is at ${proxy.url}/-/proxy.`,
  );
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await ended;
  await proxy.close();
}

function authorities(file: string | undefined): string | undefined {
  if (!file) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`The authorities of MLflow's certificate could not be read: ${(error as Error).message}.`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw invalid(`${file} holds no certificate in PEM.`);
  return text;
}

/** The credentials that MLflow's own clients take from the environment. */
function upstreamAuthorization(environment: NodeJS.ProcessEnv): string | undefined {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: name } = environment;
  if (name !== undefined) {
    const pair = `${name}:${environment.MLFLOW_TRACKING_PASSWORD ?? ''}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return token && `Bearer ${token}`;
}

/** Of the running proxy, else what it has left. */
async function readReport(folder: string): Promise<ProxyReport> {
  const running = await ask(folder, 'GET', 'report');
  if (running) return running;
  if (!existsSync(join(folder, 'proxy.db')))
    throw notFound(`A proxy's state in ${folder}`, 'Name its folder with --state.');
  const { ProxyState } = await import('./state.ts');
  const { Report } = await import('./report.ts');
  const state = new ProxyState(folder);
  try {
    const [upstream = '', rondo = ''] = ['upstream', 'rondo'].map((name) => state.fact(name));
    return new Report(state).read({ upstream, rondo, trouble: 'The proxy does not run.' });
  } finally {
    state.close();
  }
}

/** What the running proxy says; undefined when none runs there. */
async function ask(folder: string, method: string, path: string): Promise<ProxyReport | undefined> {
  const { CONTROL_FILE, SECRET_HEADER } = await import('./proxy.ts');
  const file = join(folder, CONTROL_FILE);
  if (!existsSync(file)) return undefined;
  const { url, secret } = JSON.parse(readFileSync(file, 'utf8')) as { url: string; secret: string };
  const here = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  let answer: Response;
  try {
    answer = await fetch(`${here}/-/proxy/${path}`, { method, headers: { [SECRET_HEADER]: secret } });
  } catch {
    return undefined;
  }
  const body = (await answer.json()) as ProxyReport & { message?: string; hint?: string };
  if (answer.ok) return body;
  throw new AppError(ERRORS.CONFLICT, body.message ?? 'The proxy refused.', { hint: body.hint });
}
