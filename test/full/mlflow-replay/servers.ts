import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Server {
  url: string;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PATIENCE_MS = 240_000;

/** MLflow's own server with a fresh SQLite database, in a process group of its own: it starts workers. */
export async function startMlflow(python: string, folder: string): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['--port', String(port), '--workers', '1'];
  const stores = [
    '--backend-store-uri',
    `sqlite:///${folder}/mlflow.db`,
    '--artifacts-destination',
    `${folder}/files`,
  ];
  const child = spawn(python, ['-m', 'mlflow', 'server', ...args, ...stores], {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' },
  });
  const stop = () => ended(child, () => process.kill(-(child.pid ?? 0), 'SIGTERM'));
  const until = Date.now() + PATIENCE_MS;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`mlflow server does not answer (exit code ${child.exitCode}).`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { url, stop };
}

export async function startRondo(folder: string): Promise<Server> {
  const args = ['server', '--port', '0', '--gateway-port', '0', '--data', join(folder, 'rondo')];
  const child = fork(join(root, 'bin/rondo.js'), args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`Rondo ended with ${code} before it answered.`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      const found = /serves at (http:\S+)/.exec(chunk.toString())?.[1];
      if (found) resolve(found);
    });
  });
  return { url, stop: () => ended(child, () => child.kill('SIGTERM')) };
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  end();
  await exit;
}

const isHealthy = (url: string) =>
  fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
