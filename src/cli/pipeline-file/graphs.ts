import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../lib/errors.ts';
import type { GraphDraft } from '../../sdk/pipeline.ts';
import { FILE_ERRORS } from './errors.ts';

const TIMEOUT_MS = 60_000;
const SCRIPT = `
const send = (message) => process.send(message, () => process.exit(0));
try {
  const { rondoBundle } = await import(process.argv[1]);
  send({ graphs: rondoBundle.graphs() });
} catch (error) {
  send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}`;

/** Runs the bundle in a process of its own, on the author's machine, and takes the graphs of its pipelines. */
export async function extractGraphs(file: string, bundle: string, root: string): Promise<GraphDraft[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-apply-'));
  try {
    const modules = join(root, 'node_modules');
    if (existsSync(modules)) await symlink(modules, join(folder, 'node_modules'));
    const place = join(folder, 'bundle.mjs');
    await writeFile(place, bundle);
    const answer = await ask(pathToFileURL(place).href, root);
    if ('error' in answer) throw failure(file, answer.error.replaceAll(pathToFileURL(folder).href, ''));
    return answer.graphs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Answer = { graphs: GraphDraft[] } | { error: string };

function ask(url: string, root: string): Promise<Answer> {
  return new Promise((resolve) => {
    const flags = ['--enable-source-maps', '--input-type=module', '-e', SCRIPT, url];
    const child = spawn(process.execPath, flags, { cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let printed = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve({ error: `It did not finish within ${TIMEOUT_MS / 1000} s.` });
    }, TIMEOUT_MS);
    child.stderr?.on('data', (bytes: Buffer) => {
      printed = (printed + bytes.toString('utf8')).slice(-5000);
    });
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve(message as Answer);
    });
    child.once('error', (error) => resolve({ error: error.message }));
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ error: `It ended its process with code ${code} while it was read.\n${printed}` });
    });
  });
}

const failure = (file: string, text: string): AppError =>
  new AppError(FILE_ERRORS.PIPELINE_FILE, `${basename(file)} failed while it was read: ${text.trim()}`);
