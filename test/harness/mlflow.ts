import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPTS = fileURLToPath(new URL('../full', import.meta.url));
/** MLflow 2, with the packages of its time that it does not do without; the rest is MLflow 3's. */
export const MLFLOW_2 = [
  'mlflow-skinny==2.22.5',
  'sqlalchemy==2.0.*',
  'protobuf==5.29.*',
  'opentelemetry-sdk==1.34.1',
  'opentelemetry-api==1.34.1',
  'opentelemetry-semantic-conventions==0.55b1',
];

export interface MlflowServer {
  url: string;
  stop(): Promise<void>;
}

/** The Python that has MLflow, working in a folder, with more in its environment. */
export interface Mlflow {
  env: NodeJS.ProcessEnv;
  /** Runs a script of `test/full`; answers what it printed. */
  run(script: string, args: string[], env: Record<string, string>): Promise<string>;
  /** `mlflow server` on a free port. */
  serve(...args: string[]): Promise<MlflowServer>;
  /** The same with other packages before its own. */
  with(packages: readonly string[], env?: Record<string, string>): Promise<Mlflow>;
}

let installed = 0;

export function mlflowIn(home: string, more: NodeJS.ProcessEnv = {}): Mlflow {
  const python = process.env.MLFLOW_PYTHON;
  if (!python) throw new Error('Set MLFLOW_PYTHON to a Python that has mlflow and scikit-learn.');
  const env: NodeJS.ProcessEnv = { ...process.env, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1', ...more };
  const execute = (args: string[], also: Record<string, string> = {}) =>
    promisify(execFile)(python, args, { cwd: home, env: { ...env, ...also }, maxBuffer: 16_000_000 });
  return {
    env,
    async run(script, args, also) {
      return (await execute(['-W', 'ignore', join(SCRIPTS, script), ...args], also)).stdout;
    },
    async serve(...args) {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const words = ['-m', 'mlflow', 'server', '--port', String(port), '--workers', '1', ...args];
      const child = spawn(python, words, {
        cwd: home,
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      });
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
      const ready = () =>
        fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => false,
        );
      while (!(await ready())) {
        if (child.exitCode !== null) throw new Error(`mlflow server ended with ${child.exitCode}: ${said}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return {
        url,
        async stop() {
          if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
          const gone = new Promise((resolve) => child.once('exit', resolve));
          process.kill(-child.pid, 'SIGTERM');
          await gone;
        },
      };
    },
    async with(packages, also = {}) {
      const target = join(home, `packages-${++installed}`);
      const deps = packages === MLFLOW_2 ? ['--no-deps'] : [];
      await execute(['-m', 'pip', 'install', '-q', ...deps, '--target', target, ...packages]);
      return mlflowIn(home, {
        ...more,
        ...also,
        PYTHONPATH: [target, env.PYTHONPATH].filter(Boolean).join(':'),
      });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
