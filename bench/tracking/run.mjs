// Tracking servers side by side: Rondo, MLflow's own server and FastTrackML on this machine, in one run, each operation in turns.
// 20 keep-alive clients; CPU is that of all processes of a server, per call: the figure that other load disturbs least.
//   node bench/tracking/run.mjs [--runs 20000] [--steps 1] [--clients 20] [--seconds 6] [--rounds 2] [--only rondo,mlflow] [--operations NAME,…]
//     --steps: how often each run logs its 10 metrics; 40 makes 8,000,000 points of 20,000 runs
//     [--mlflow PATH] [--fml PATH]   programs of the peers (pip install mlflow fasttrackml); a peer without one is left out
//     [--database URL]               adds Rondo on PostgreSQL (an empty database)
//     [--keep DIR]                   keeps what was filled in, and starts from it the next time
//     [--profile DIR]                CPU profiles of Rondo
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, load } from './client.mjs';
import { fill, OPERATIONS, placesOf } from './operations.mjs';
import { NAMES, start } from './servers.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    steps: { type: 'string', default: '1' },
    clients: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '2' },
    only: { type: 'string' },
    operations: { type: 'string' },
    mlflow: { type: 'string' },
    fml: { type: 'string' },
    database: { type: 'string' },
    keep: { type: 'string' },
    profile: { type: 'string' },
  },
});
const [runs, steps, clients, seconds, rounds] = [
  values.runs,
  values.steps,
  values.clients,
  values.seconds,
  values.rounds,
].map(Number);
const given = {
  rondo: true,
  mlflow: values.mlflow,
  fasttrackml: values.fml,
  'rondo-postgres': values.database,
};
const names = (values.only?.split(',') ?? NAMES).filter((name) => given[name]);
const wanted = values.operations?.split(',');
const operations = OPERATIONS.filter(({ name }) => !wanted || wanted.some((part) => name.includes(part)));
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'rondo-bench-'));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
const rounded = (value) => (Number.isFinite(value) ? Number(value.toPrecision(3)) : null);
const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const servers = [];
try {
  for (const name of names) {
    const server = await start(name, root, values);
    server.client = new Client(server.url);
    await sleep(10_000);
    server.idle_mb = server.pss();
    servers.push(server);
    say(`${name}: healthy after ${server.started_s.toFixed(2)} s, ${Math.round(server.idle_mb)} MB`);
  }
  for (const server of servers) {
    if (!server.filled) {
      const [begun, cpu] = [performance.now(), server.cpu()];
      await fill(server.client, runs, steps);
      const took = ((performance.now() - begun) / 1000).toFixed(0);
      say(`${server.name}: filled in ${took} s, ${((server.cpu() - cpu) / 1000).toFixed(0)} s of CPU`);
    }
    server.places = await placesOf(server.client);
  }
  const results = new Map(servers.map(({ name }) => [name, new Map()]));
  for (const operation of operations) {
    const able = [];
    for (const server of servers) {
      const refused = await Promise.resolve()
        .then(() => operation.call(server.client, server.places, 999_999_999, 0))
        .then(
          () => undefined,
          (error) => error.message,
        );
      if (refused) say(`${server.name} does not do ${operation.name}: ${refused}`);
      else able.push(server);
    }
    for (let round = 0; round < rounds; round++) {
      for (const server of able) {
        const call = (number, loop) =>
          operation.call(server.client, server.places, round * 1_000_000 + number, loop);
        await load(server, call, 1, clients);
        const measured = await load(server, call, seconds, clients);
        const list = results.get(server.name);
        list.set(operation.name, [...(list.get(operation.name) ?? []), measured]);
      }
    }
    for (const server of able) {
      const all = results.get(server.name).get(operation.name);
      const of = (field) => rounded(middle(all.map((one) => one[field])));
      const failed = all.reduce((total, one) => total + one.failed, 0);
      const figures = {
        cpu_ms: of('cpu_ms'),
        ...(server.databaseCpu ? { database_ms: of('database_ms') } : {}),
        per_s: of('per_s'),
        p50_ms: of('p50_ms'),
        p95_ms: of('p95_ms'),
      };
      console.log(
        JSON.stringify({
          operation: operation.name,
          server: server.name,
          ...figures,
          ...(failed ? { failed } : {}),
        }),
      );
      server.table = { ...server.table, [operation.name]: figures };
    }
  }
  await sleep(30_000);
  for (const server of servers) server.after_mb = server.pss();
  console.log(`\n${table()}`);
} finally {
  for (const server of servers) {
    server.client.close();
    await server.end();
  }
  if (!values.keep) rmSync(root, { recursive: true, force: true });
}

/** CPU ms per call (calls per second), and how many times Rondo's CPU each peer needs. */
function table() {
  const own = servers.find(({ name }) => name === 'rondo');
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rows = operations.map(({ name, limit_ms }) =>
    line([
      name,
      ...servers.map((server) => {
        if (!server.table?.[name]) return '–';
        const { cpu_ms, per_s } = server.table[name];
        const times = own && own !== server ? `, ${rounded(cpu_ms / own.table[name].cpu_ms)}×` : '';
        return `${cpu_ms} (${per_s}/s${times})`;
      }),
      `≤ ${limit_ms}`,
    ]),
  );
  const of = (what, unit, digits) => servers.map((server) => `${server[what].toFixed(digits)} ${unit}`);
  return [
    line(['operation', ...names, 'wanted']),
    line(['---', ...names.map(() => '---'), '---']),
    ...rows,
    line(['start to healthy', ...of('started_s', 's', 2), '< 1 s']),
    line(['PSS idle', ...of('idle_mb', 'MB', 0), '≤ 150 MB']),
    line(['PSS 30 s after the bench', ...of('after_mb', 'MB', 0), '≤ 200 MB']),
  ].join('\n');
}
