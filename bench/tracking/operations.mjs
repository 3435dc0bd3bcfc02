// What bench/tracking fills in, and what it asks: the same requests for every server.
import { CLIENTS } from './client.mjs';

const START = 1_700_000_000_000;
export const LONG_POINTS = 200_000;

/** A number in 0..1 that depends on its place alone, so that every server holds the same runs. */
const noise = (a, b) => ((a * 7919 + b * 104_729 + 12_345) % 100_003) / 100_003;

/**
 * Fills `runs` runs of 5 params, 3 tags and 10 metrics of `steps` steps (at most 100) into one experiment, and one run of 200,000
 * points into another.
 */
export async function fill(client, runs, steps = 1) {
  const experiment = (await client.post('/experiments/create', { name: 'bench' })).json().experiment_id;
  let next = 0;
  const loop = async () => {
    while (next < runs) {
      const number = next++;
      const created = await client.post('/runs/create', {
        experiment_id: experiment,
        start_time: START + number,
        run_name: `run-${number}`,
        tags: [{ key: 'mlflow.user', value: 'bench' }],
      });
      const { run_id } = created.json().run.info;
      await client.post('/runs/log-batch', {
        run_id,
        metrics: Array.from({ length: 10 * steps }, (_, at) => ({
          key: `metric_${at % 10}`,
          value: noise(number, at),
          timestamp: START + number + Math.floor(at / 10),
          step: Math.floor(at / 10),
        })),
        params: Array.from({ length: 5 }, (_, index) => ({
          key: `param_${index}`,
          value: index === 0 ? ['tree', 'linear', 'net'][number % 3] : String(noise(number, index + 50)),
        })),
        tags: [
          { key: 'team', value: `team-${number % 7}` },
          { key: 'note', value: `note of run ${number}` },
        ],
      });
      await client.post('/runs/update', { run_id, status: 'FINISHED', end_time: START + number + 60_000 });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, loop));
  const elsewhere = (await client.post('/experiments/create', { name: 'bench-long' })).json().experiment_id;
  const { run_id } = (
    await client.post('/runs/create', { experiment_id: elsewhere, start_time: START })
  ).json().run.info;
  for (let first = 0; first < LONG_POINTS; first += 1000) {
    const metrics = Array.from({ length: 1000 }, (_, index) => ({
      key: 'loss',
      value: noise(first + index, 3),
      timestamp: START + first + index,
      step: first + index,
    }));
    await client.post('/runs/log-batch', { run_id, metrics });
  }
}

/** What the operations need to know of a server that was filled: ids, and a page token of the middle. */
export async function placesOf(client) {
  const id = async (name) =>
    (await client.get(`/experiments/get-by-name?experiment_name=${name}`)).json().experiment.experiment_id;
  const [experiment, long] = [await id('bench'), await id('bench-long')];
  const search = async (body) => (await client.post('/runs/search', body)).json();
  const first = await search({ experiment_ids: [experiment], max_results: 20 });
  const { runs: longRuns } = await search({ experiment_ids: [long], max_results: 1 });
  const token = await tokenBehind(search, experiment, 14).catch((error) => error);
  const writing = [];
  for (let index = 0; index < CLIENTS; index++)
    writing.push((await client.post('/runs/create', { experiment_id: '0' })).json().run.info.run_id);
  return {
    experiment,
    runs: first.runs.map((run) => run.info.run_id),
    longRun: longRuns[0].info.run_id,
    token,
    writing,
  };
}

async function tokenBehind(search, experiment, pages) {
  let token;
  for (let page = 0; page < pages; page++) {
    const { next_page_token } = await search({
      experiment_ids: [experiment],
      max_results: 1000,
      page_token: token,
    });
    if (next_page_token === undefined) break;
    token = next_page_token;
  }
  return token;
}

const batch = (run_id, number, count) => ({
  run_id,
  metrics: Array.from({ length: count }, (_, index) => ({
    key: `metric_${index % 10}`,
    value: noise(number, index),
    timestamp: Date.now(),
    step: number * Math.ceil(count / 10) + Math.floor(index / 10),
  })),
});

/** Each operation gets the client, the places, the number of the call and of the loop. `limit_ms`: what Rondo must reach, CPU per call. */
export const OPERATIONS = [
  {
    name: 'create run',
    limit_ms: 0.4,
    call: (client, places, number) =>
      client.post('/runs/create', {
        experiment_id: '0',
        start_time: START + number,
        tags: [{ key: 'mlflow.user', value: 'bench' }],
      }),
  },
  {
    name: 'log-metric',
    limit_ms: 0.3,
    call: (client, places, number, loop) =>
      client.post('/runs/log-metric', {
        run_id: places.writing[loop],
        key: 'single',
        value: noise(number, loop),
        timestamp: Date.now(),
        step: number,
      }),
  },
  {
    name: 'log-batch, 10 metrics',
    limit_ms: 0.5,
    call: (client, places, number, loop) =>
      client.post('/runs/log-batch', batch(places.writing[loop], number, 10)),
  },
  {
    name: 'log-batch, 500 metrics',
    limit_ms: 5,
    call: (client, places, number, loop) =>
      client.post('/runs/log-batch', batch(places.writing[loop], number, 500)),
  },
  {
    name: 'search, 1,000 of all runs',
    limit_ms: 25,
    call: (client, { experiment }) =>
      client.post('/runs/search', { experiment_ids: [experiment], max_results: 1000 }),
  },
  {
    name: 'search, filtered and ordered, 100',
    limit_ms: 20,
    call: (client, { experiment }) =>
      client.post('/runs/search', {
        experiment_ids: [experiment],
        filter: "metrics.metric_1 > 0.5 AND params.param_0 = 'tree'",
        order_by: ['metrics.metric_2 DESC'],
        max_results: 100,
      }),
  },
  {
    name: 'page 15 of 1,000',
    limit_ms: 25,
    call: async (client, { experiment, token }) => {
      if (token instanceof Error) throw token;
      return client.post('/runs/search', {
        experiment_ids: [experiment],
        max_results: 1000,
        page_token: token,
      });
    },
  },
  {
    name: 'metric history, 25,000 points',
    limit_ms: 40,
    call: (client, { longRun }) =>
      client.get(`/metrics/get-history?run_id=${longRun}&metric_key=loss&max_results=25000`),
  },
  {
    name: 'bulk-interval, 320 of 200,000 points',
    limit_ms: 4,
    call: (client, { longRun }) =>
      client.get(
        `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${longRun}&metric_key=loss&max_results=320`,
      ),
  },
  {
    name: 'get run',
    limit_ms: 0.4,
    call: (client, { runs }, number) => client.get(`/runs/get?run_id=${runs[number % runs.length]}`),
  },
];
