// Durable log-batch over HTTP: 20 keep-alive clients, each with its own run, 10 metrics a request.
// Prints requests per second, latency, and CPU of the server per request; the last is what other load on the machine changes least.
//   node bench/log-batch.mjs [--seconds 10] [--clients 20] [--metrics 10] [--url http://127.0.0.1:7070] [--cpu-prof DIR]
// Without --url it starts a server of its own (after `npm run build`) on an empty data directory.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '20' },
    metrics: { type: 'string', default: '10' },
    url: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const [seconds, clients, metrics] = [values.seconds, values.clients, values.metrics].map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: clients });

function post(url, path, body) {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/2.0/mlflow${path}`, { method: 'POST', agent, headers }, (answer) => {
      let data = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => (data += chunk));
      answer.on('end', () =>
        answer.statusCode === 200
          ? resolve(JSON.parse(data))
          : reject(new Error(`${answer.statusCode} ${data}`)),
      );
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function start() {
  const data = mkdtempSync(join(tmpdir(), 'rondo-bench-'));
  const bin = fileURLToPath(new URL('../bin/rondo.js', import.meta.url));
  const profile = values['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${values['cpu-prof']}`] : [];
  const child = spawn(
    process.execPath,
    [...profile, bin, 'server', '--port', '0', '--gateway-port', '0', '--data', data],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
    child.stdout.on('data', (chunk) => {
      const found = /serves at (http:\S+)/.exec(String(chunk))?.[1];
      if (found) resolve(found);
    });
  });
  const end = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  return { url, pid: child.pid, end };
}

/** CPU time of a process so far in ms, all its threads (Linux). */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const server = values.url ? { url: values.url, pid: undefined, end: async () => {} } : await start();
try {
  const runs = [];
  for (let index = 0; index < clients; index++)
    runs.push((await post(server.url, '/runs/create', {})).run.info.run_id);
  const latencies = [];
  let step = 0;
  const batch = (run_id) => {
    const now = Date.now();
    step += 1;
    return {
      run_id,
      metrics: Array.from({ length: metrics }, (_, index) => ({
        key: `metric-${index}`,
        value: Math.random(),
        timestamp: now,
        step,
      })),
    };
  };
  const work = async (until, keep) => {
    await Promise.all(
      runs.map(async (run) => {
        while (performance.now() < until) {
          const begun = performance.now();
          await post(server.url, '/runs/log-batch', batch(run));
          if (keep) latencies.push(performance.now() - begun);
        }
      }),
    );
  };
  await work(performance.now() + 2000, false);
  const cpu = server.pid && cpuOf(server.pid);
  const begun = performance.now();
  await work(begun + seconds * 1000, true);
  const took = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share) => Number(latencies[Math.floor(latencies.length * share)].toFixed(2));
  console.log(
    JSON.stringify({
      clients,
      metrics,
      requests: latencies.length,
      requests_per_second: Math.round(latencies.length / took),
      p50_ms: at(0.5),
      p99_ms: at(0.99),
      ...(server.pid
        ? { server_cpu_ms_per_request: Number(((cpuOf(server.pid) - cpu) / latencies.length).toFixed(3)) }
        : {}),
    }),
  );
} finally {
  agent.destroy();
  await server.end();
}
