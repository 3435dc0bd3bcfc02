// The three servers of bench/tracking: each started on an empty folder, or on the folder of an earlier run.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const BIN = fileURLToPath(new URL('../../bin/rondo.js', import.meta.url));

/** How each program is started; `database` is a PostgreSQL URL for the variant of Rondo that uses one. */
const COMMANDS = {
  rondo: ({ folder, port, profile }) => [
    process.execPath,
    [...profile, BIN, 'server', '--port', port, '--gateway-port', '0', '--data', join(folder, 'data')],
  ],
  'rondo-postgres': ({ folder, port, database }) => [
    process.execPath,
    [BIN, 'server', '--port', port, '--gateway-port', '0', '--data', join(folder, 'data')],
    { RONDO_DATABASE_URL: database },
  ],
  mlflow: ({ folder, port, mlflow }) => [
    mlflow,
    ['server', '--host', '127.0.0.1', '--port', port, '--workers', '4'].concat([
      '--backend-store-uri',
      `sqlite:///${join(folder, 'mlflow.db')}`,
      '--artifacts-destination',
      join(folder, 'artifacts'),
    ]),
  ],
  fasttrackml: ({ folder, port, fml }) => [
    fml,
    ['server', '--listen-address', `127.0.0.1:${port}`, '--log-level', 'error'].concat([
      '--database-uri',
      `sqlite://${join(folder, 'fasttrackml.db')}`,
      '--default-artifact-root',
      join(folder, 'artifacts'),
    ]),
  ],
};

export const NAMES = Object.keys(COMMANDS);

/** A running server: `cpu()` and `pss()` are of all its processes. `filled` says that the folder holds what an earlier run filled in. */
export async function start(name, root, options) {
  const folder = join(root, name);
  const filled = existsSync(folder);
  mkdirSync(folder, { recursive: true });
  const port = String(await freePort());
  const profile = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const [command, args, env = {}] = COMMANDS[name]({ ...options, folder, port, profile });
  const begun = performance.now();
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, ...env },
  });
  const url = `http://127.0.0.1:${port}`;
  await healthy(url, child);
  const started_s = (performance.now() - begun) / 1000;
  return {
    name,
    url,
    folder,
    filled,
    started_s,
    cpu: () => sum(child.pid, cpuOf),
    databaseCpu: await databaseCpu(name === 'rondo-postgres' ? options.database : undefined),
    pss: () => sum(child.pid, pssOf),
    async end() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** CPU time so far in ms of a PostgreSQL on this machine; undefined for every other. */
async function databaseCpu(url) {
  if (!url || !/@(127\.0\.0\.1|localhost)\b/.test(url)) return undefined;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  const postmaster = parentOf(rows[0].pid);
  await client.end();
  return postmaster === undefined ? undefined : () => sum(postmaster, cpuOf);
}

async function healthy(url, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}.`);
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    await answer?.text();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  return new Promise((resolve) =>
    probe.once('listening', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    }),
  );
}

const parentOf = (pid) => read(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ')[1];

/** Of a process and all its descendants. */
function sum(pid, of) {
  const children = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(entry);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), entry]);
  }
  const walk = (id) =>
    of(id) + (children.get(String(id)) ?? []).reduce((total, child) => total + walk(child), 0);
  return walk(pid);
}

/** CPU time so far in ms, of all threads and of children that have ended. */
function cpuOf(pid) {
  const fields = read(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ') ?? [];
  return [11, 12, 13, 14].reduce((total, at) => total + Number(fields[at] ?? 0), 0) * 10;
}

/** Proportional set size in MB. */
const pssOf = (pid) =>
  Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0) / 1000;

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
