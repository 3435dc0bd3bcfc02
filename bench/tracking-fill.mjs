// Fills one experiment with runs over MLflow's API, as clients do: 5 params, 3 tags and 10 metrics each, every tenth a child of an
// earlier one; then one run of 12,000 metrics, and one metric of 200,000 points. For looking at pages with much in them.
//   node bench/tracking-fill.mjs --url http://127.0.0.1:7070 [--runs 100000] [--clients 20] [--name filled]
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7070' },
    runs: { type: 'string', default: '100000' },
    clients: { type: 'string', default: '20' },
    name: { type: 'string', default: 'filled' },
  },
});
const [runs, clients] = [values.runs, values.clients].map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: clients });
const BEGAN = 1_790_000_000_000;

function post(path, body) {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${values.url}/api/2.0/mlflow${path}`,
      { method: 'POST', agent, headers },
      (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          if (answer.statusCode === 200) resolve(JSON.parse(body));
          else reject(new Error(`${path} ${answer.statusCode} ${body}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

const noise = (number, salt) => ((number * 7919 + salt * 104_729) % 100_003) / 100_003;

async function makeRun(experiment, number, parents) {
  const parent = number % 10 === 9 ? parents[number % parents.length] : undefined;
  const { run } = await post('/runs/create', {
    experiment_id: experiment,
    run_name: `trial-${number}`,
    start_time: BEGAN + number * 1000,
    tags: [
      { key: 'team', value: ['ops', 'research', 'risk'][number % 3] },
      { key: 'host', value: `node-${number % 17}` },
      ...(parent
        ? [{ key: 'mlflow.parentRunId', value: parent }]
        : [{ key: 'sweep', value: `s${number % 40}` }]),
    ],
  });
  const id = run.info.run_id;
  if (!parent && parents.length < 500) parents.push(id);
  const metric = (key, value) => ({ key, value, timestamp: BEGAN + number * 1000, step: 0 });
  await post('/runs/log-batch', {
    run_id: id,
    metrics: [
      metric('log_loss', 0.3 + noise(number, 1)),
      metric('auc', 0.5 + noise(number, 2) / 2),
      metric('accuracy', noise(number, 3)),
      ...Array.from({ length: 7 }, (_, at) => metric(`metric-${at}`, noise(number, at + 4))),
    ],
    params: [
      { key: 'lr', value: String([0.001, 0.01, 0.1, 0.2][number % 4]) },
      { key: 'depth', value: String(2 + (number % 11)) },
      { key: 'model', value: number % 3 === 0 ? 'tree' : 'linear' },
      { key: 'seed', value: String(number) },
      { key: 'features', value: number % 2 === 0 ? 'as-of' : 'static' },
    ],
  });
  await post('/runs/update', {
    run_id: id,
    status: number % 50 === 0 ? 'FAILED' : 'FINISHED',
    end_time: BEGAN + number * 1000 + 60_000 * (1 + (number % 30)),
  });
  return id;
}

async function many() {
  const { experiment_id: experiment } = await post('/experiments/create', { name: values.name });
  const parents = [];
  await makeRun(experiment, 0, parents);
  let next = 1;
  const worker = async () => {
    while (next < runs) {
      const number = next++;
      await makeRun(experiment, number, parents);
      if (number % 10_000 === 0) console.error(`${number} runs`);
    }
  };
  await Promise.all(Array.from({ length: clients }, worker));
  return experiment;
}

async function wide(experiment) {
  const { run } = await post('/runs/create', {
    experiment_id: experiment,
    run_name: '12,000 metrics',
    start_time: BEGAN - 1,
  });
  const id = run.info.run_id;
  for (let step = 0; step < 3; step++)
    for (let from = 0; from < 12_000; from += 1000)
      await post('/runs/log-batch', {
        run_id: id,
        metrics: Array.from({ length: 1000 }, (_, at) => ({
          key: `layer-${String(Math.floor((from + at) / 100)).padStart(3, '0')}/grad-${(from + at) % 100}`,
          value: noise(from + at, step),
          timestamp: BEGAN + step * 1000,
          step,
        })),
      });
  return id;
}

async function long(experiment) {
  const { run } = await post('/runs/create', {
    experiment_id: experiment,
    run_name: '200,000 points',
    start_time: BEGAN - 2,
  });
  const id = run.info.run_id;
  for (let from = 0; from < 200_000; from += 1000)
    await post('/runs/log-batch', {
      run_id: id,
      metrics: Array.from({ length: 1000 }, (_, at) => ({
        key: 'loss',
        value: from + at === 123_456 ? 9 : 1 / (1 + (from + at) / 5000) + noise(from + at, 1) / 10,
        timestamp: BEGAN + (from + at) * 10,
        step: from + at,
      })),
    });
  return id;
}

const begun = performance.now();
const experiment = await many();
const seconds = Number(((performance.now() - begun) / 1000).toFixed(1));
const wideRun = await wide(experiment);
const longRun = await long(experiment);
agent.destroy();
console.log(
  JSON.stringify({ runs, seconds, runs_per_s: Math.round(runs / seconds), experiment, wideRun, longRun }),
);
