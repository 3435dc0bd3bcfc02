import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { AppError } from '../../lib/errors.ts';
import { humanDuration } from '../../lib/time.ts';
import { Rondo } from '../../sdk/index.ts';
import { headCommit } from '../../sdk/capture/code.ts';
import { readPipelineFile } from '../pipeline-file/read.ts';
import { createDisplay, type Display } from './display.ts';
import { supervise } from './supervise.ts';
import { collectFacts } from './facts.ts';
import { summarize } from './summary.ts';
import { reportTests } from './tests.ts';

const EXAMPLE = 'examples/flights';
const PROJECT = 'flights';

interface Played {
  play(
    rondo: Rondo,
    gateway: () => Promise<string>,
    show: Display,
    project: object,
    pipeline: () => Promise<void>,
  ): Promise<{ requests: number; failed: number }>;
}

/**
 * `npm start`: a server, the flights example played on it, a summary, and the server goes on (or ends, with `exit`). What came out is
 * in `<data>/summary.json` too; with `json` it is what is printed, and progress goes to the error output.
 */
export async function quickstart(options: {
  exit: boolean;
  json: boolean;
  environment: NodeJS.ProcessEnv;
}): Promise<number> {
  const root = packageRoot();
  const data = resolve(options.environment.RONDO_DATA ?? './rondo-data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const display = createDisplay(options.json ? process.stderr : process.stdout);
  const began = Date.now();
  const server = supervise(join(root, 'dist/cli.js'), data, { ...options.environment, RONDO_DATA: data });
  const stop = () => void server.stop().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);

  const client = async () =>
    new Rondo({
      url: await server.url(),
      token: readFileSync(join(data, 'token'), 'utf8').trim(),
      project: PROJECT,
      patient: true,
    });

  /** Whatever a dying server cut short is begun again with the next one, and finds done what was done. */
  async function surviving<T>(work: (rondo: Rondo) => Promise<T>): Promise<T> {
    for (;;) {
      const restarts = server.restarts();
      try {
        return await work(await client());
      } catch (error) {
        if (!(await server.diedSince(restarts))) throw error;
        display.note('The server died and is started again; the loop goes on where it stood.');
      }
    }
  }

  try {
    await display.stage('Server', () => server.url());
    const mark = join(data, 'quickstart.json');
    const fresh = !existsSync(mark);
    if (fresh) {
      const outcome = await surviving((rondo) => playOn(rondo, { root, display, options }));
      const seconds = Math.round((Date.now() - began) / 1000);
      writeFileSync(mark, JSON.stringify({ ...outcome, seconds, restarts: server.restarts() }));
    }
    const facts = await surviving(collectFacts);
    writeFileSync(join(data, 'summary.json'), `${JSON.stringify(facts, null, 2)}\n`);
    const text = options.json ? JSON.stringify(facts) : `\n${await surviving(summarize)}`;
    process.stdout.write(`${text}\n`);
    if (server.restarts() > 0)
      display.note(`The server died ${server.restarts()} times and was started again.`);
    const rondo = await client();
    display.note(
      `\n${fresh ? `Played in ${humanDuration(Date.now() - began)}. ` : ''}Open ${rondo.url}/p/${PROJECT}/overview?token=${readFileSync(join(data, 'token'), 'utf8').trim()}`,
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

async function playOn(
  rondo: Rondo,
  {
    root,
    display,
    options: { environment },
  }: { root: string; display: Display; options: { environment: NodeJS.ProcessEnv } },
): Promise<object> {
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
  const tested = await display.stage('Prove: the tests of this commit', () =>
    reportTests(rondo, { root, example: EXAMPLE, commit, environment }),
  );
  display.note(tested);
  return outcome;
}

async function gatewayOf(rondo: Rondo): Promise<string> {
  const { gateway } = await rondo.server.getStatus({});
  if (gateway) return gateway;
  throw new AppError({ code: 'GATEWAY_DOWN', status: 503 }, 'The gateway of this server is not up.');
}

/** What a pipeline file holds goes to the server: the bundle and the diff as blobs, then each graph. */
async function applyPipelines(rondo: Rondo, path: string): Promise<void> {
  const file = await readPipelineFile(path);
  const upload = async (bytes: string | Uint8Array<ArrayBuffer>) =>
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
