import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { AppError } from '../../lib/errors.ts';
import { humanDuration } from '../../lib/time.ts';
import { Rondo } from '../../sdk/index.ts';
import { headCommit } from '../pipeline-file/provenance.ts';
import { readPipelineFile } from '../pipeline-file/read.ts';
import { createDisplay, type Display } from './display.ts';
import { supervise } from './supervise.ts';
import { printSummary, summaryOf } from './summary.ts';
import { reportTests } from './tests.ts';

const EXAMPLE = 'examples/flights';
const PROJECT = 'flights';
/** A server that died is back long before. */
const RESTART_MS = 120_000;

interface Played {
  play(
    rondo: Rondo,
    gateway: () => Promise<string>,
    show: Display,
    project: object,
    pipeline: () => Promise<void>,
  ): Promise<{ requests: number; failed: number }>;
}

/** `npm start`: a server, the flights example played on it, a summary, and the server goes on (or ends, with `exit`). */
export async function quickstart(options: {
  exit: boolean;
  environment: NodeJS.ProcessEnv;
}): Promise<number> {
  const root = packageRoot();
  const data = resolve(options.environment.RONDO_DATA ?? './rondo-data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const display = createDisplay(process.stdout);
  const began = Date.now();
  const server = supervise(join(root, 'dist/cli.js'), data, { ...options.environment, RONDO_DATA: data });
  const stop = () => void server.stop().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  try {
    const url = await display.stage('Server', () => server.url());
    const token = readFileSync(join(data, 'token'), 'utf8').trim();
    const rondo = new Rondo({ url, token, project: PROJECT, patience: RESTART_MS });
    const mark = join(data, 'quickstart.json');
    const fresh = !existsSync(mark);
    let played: object | undefined;
    if (fresh) {
      const example = (await import(join(root, 'dist/examples/flights.js'))) as Played;
      const project = parse(readFileSync(join(root, EXAMPLE, 'rondo.yaml'), 'utf8')) as object;
      const outcome = await example.play(
        rondo,
        () => gatewayOf(rondo),
        display,
        project,
        () => applyPipelines(rondo, join(root, EXAMPLE, 'pipeline.ts')),
      );
      const commit = await headCommit(root);
      const { environment } = options;
      const tested = await display.stage('Prove: the tests of this commit', () =>
        reportTests(rondo, { root, example: EXAMPLE, commit, token, environment }),
      );
      display.note(tested);
      played = { ...outcome, seconds: Math.round((Date.now() - began) / 1000), restarts: server.restarts() };
    }
    const summary = await summaryOf(rondo);
    if (played) writeFileSync(mark, JSON.stringify({ ...played, summary }, null, 1));
    display.note(`\n${printSummary(summary)}`);
    if (server.restarts() > 0)
      display.note(`The server died ${server.restarts()} times and was started again.`);
    display.note(
      `\n${fresh ? `Played in ${humanDuration(Date.now() - began)}. ` : ''}Open ${url}/p/${PROJECT}/overview?token=${token}`,
    );
    if (options.exit) {
      await server.stop();
      return 0;
    }
    display.note('Rondo keeps serving. Ctrl C ends it.');
    await server.ended;
    return 0;
  } catch (error) {
    await server.stop().catch(() => {});
    throw error;
  }
}

async function gatewayOf(rondo: Rondo): Promise<string> {
  const { gateway } = await rondo.server.getStatus({});
  if (gateway) return gateway;
  throw new AppError({ code: 'GATEWAY_DOWN', status: 503 }, 'The gateway of this server is not up.');
}

/** What a pipeline file holds goes to the server: the bundle and the diff as blobs, then each graph. */
async function applyPipelines(rondo: Rondo, path: string): Promise<void> {
  const file = await readPipelineFile(path);
  const upload = async (bytes: string) =>
    (
      await rondo.request('POST', `/api/v1/projects/${rondo.project}/pipeline-code`, {
        body: bytes,
        headers: { 'content-type': 'application/octet-stream' },
      })
    ).json() as Promise<{ digest: string }>;
  await upload(file.bundle);
  if (file.diff !== null) await upload(file.diff);
  for (const graph of file.graphs)
    await rondo.pipelines.applyPipeline({ body: { graph, code: file.code } } as never);
}

function packageRoot(): string {
  let folder = fileURLToPath(new URL('.', import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = resolve(folder, '..');
  return folder;
}
