// Searches over many runs, over HTTP, one after another: the first page of 1,000, a filter on a metric, a sort by a metric, a deep page.
// Prints the median and 95th percentile of each in ms; and how long a small request waits beside four clients that search.
//   node bench/search-runs.mjs [--runs 20000] [--metrics 10] [--rounds 20]
// Starts a server of its own (after `npm run build`) on an empty data directory and fills it over the same API.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    metrics: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '20' },
  },
});
const [runs, metrics, rounds] = [values.runs, values.metrics, values.rounds].map(Number);
const CLIENTS = 20;
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const data = mkdtempSync(join(tmpdir(), 'rondo-bench-'));
const bin = fileURLToPath(new URL('../bin/rondo.js', import.meta.url));
const child = spawn(process.execPath, [bin, 'server', '--port', '0', '--gateway-port', '0', '--data', data], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const url = await new Promise((resolve, reject) => {
  child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
  child.stdout.on('data', (chunk) => {
    const found = /serves at (http:\S+)/.exec(String(chunk))?.[1];
    if (found) resolve(found);
  });
});

const post = (path, body) => call('POST', path, JSON.stringify(body));
const get = (path) => call('GET', path);

function call(method, path, text) {
  const body =
    text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/2.0/mlflow${path}`, { method, agent, headers: body }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (answer.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`${answer.statusCode} ${body}`));
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function fill() {
  let next = 0;
  const one = async () => {
    while (next < runs) {
      const number = next++;
      const { run } = await post('/runs/create', { start_time: 1_700_000_000_000 + number });
      await post('/runs/log-batch', {
        run_id: run.info.run_id,
        metrics: Array.from({ length: metrics }, (_, index) => ({
          key: `metric-${index}`,
          value: ((number * 7919 + index * 104_729) % 100_003) / 100_003,
          timestamp: 1_700_000_000_000,
          step: 0,
        })),
        params: [{ key: 'model', value: number % 3 === 0 ? 'tree' : 'linear' }],
      });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, one));
}

async function measure(name, search) {
  const took = [];
  let found = 0;
  for (let round = 0; round < rounds + 2; round++) {
    const begun = performance.now();
    const { runs: page = [] } = await post('/runs/search', { experiment_ids: ['0'], ...search });
    if (round >= 2) took.push(performance.now() - begun);
    found = page.length;
  }
  took.sort((a, b) => a - b);
  const at = (share) => Number(took[Math.floor(took.length * share)].toFixed(1));
  console.log(JSON.stringify({ search: name, runs, found, p50_ms: at(0.5), p95_ms: at(0.95) }));
}

/** How long a small request waits while others search: four clients ask for pages of 1,000, one reads a run every 10 ms. */
async function measureBeside(seconds) {
  const { runs: page } = await post('/runs/search', { experiment_ids: ['0'], max_results: 1 });
  const small = () => get(`/runs/get?run_id=${page[0].info.run_id}`);
  for (const searchers of [0, 4]) {
    const end = performance.now() + seconds * 1000;
    let pages = 0;
    const search = async () => {
      while (performance.now() < end) {
        await post('/runs/search', { experiment_ids: ['0'], max_results: 1000 });
        pages++;
      }
    };
    const searching = Promise.all(Array.from({ length: searchers }, search));
    const took = [];
    while (performance.now() < end) {
      const begun = performance.now();
      await small();
      took.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await searching;
    took.sort((a, b) => a - b);
    const at = (share) => Number(took[Math.floor(took.length * share)].toFixed(1));
    const ms = { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) };
    console.log(
      JSON.stringify({ small_request_beside: searchers, pages_per_s: Math.round(pages / seconds), ...ms }),
    );
  }
}

try {
  await fill();
  await measureBeside(5);
  await measure('first 1000', { max_results: 1000 });
  await measure('first 100', { max_results: 100 });
  await measure('metric filter', {
    max_results: 100,
    filter: 'metrics.metric-1 > 0.999'.replace('metric-1', '`metric-1`'),
  });
  await measure('param filter', { max_results: 100, filter: "params.model = 'tree'" });
  await measure('filter and sort', {
    max_results: 100,
    filter: "metrics.`metric-1` > 0.5 AND params.model = 'tree'",
    order_by: ['metrics.`metric-2` DESC'],
  });
  let token;
  for (let page = 0; page < Math.floor(runs / 1000) - 1; page++)
    token = (await post('/runs/search', { experiment_ids: ['0'], max_results: 1000, page_token: token }))
      .next_page_token;
  await measure('deep page of 100', { max_results: 100, page_token: token });
} finally {
  agent.destroy();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
}
