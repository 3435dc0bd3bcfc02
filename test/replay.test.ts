import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AS_OF_INPUTS, FLIGHT_SQL, PREPARED_FLIGHTS_SQL } from '../examples/flights/features.ts';
import { trainGbdt } from '../examples/flights/gbdt.ts';
import { toOnnx } from '../examples/flights/onnx.ts';
import { FEATURES, SERVICE, SIGNATURES } from '../examples/flights/platform.ts';
import { flightsFile } from '../examples/flights/source.ts';
import { type Flight, sampleWorld } from '../examples/flights/world.ts';
import { recentLines } from '../src/domains/serving/gateway/recovery.ts';
import { LogRecord } from '../src/domains/serving/schema/route.ts';
import { readParquet, Rondo } from '../src/sdk/index.ts';
import { testServer, type TestServer } from './harness/server.ts';

const REQUESTS = 10_000;
const CONCURRENCY = 64;
const PUSHES = 3;
const DAY = 86_400_000;
const QUARTER = 900_000;
const FROM = Date.UTC(2001, 0, 4);
const TO = FROM + 4 * DAY;
const NAMES = AS_OF_INPUTS.map(({ name }) => name);
const VIEW = FEATURES.views[0] as (typeof FEATURES.views)[number];

interface Asked {
  flight: Flight;
  prediction: string;
  /** How many late pushes had been acknowledged when the request was sent, and had been begun when its answer came. */
  atLeast: number;
  atMost: number;
}

/** Online and offline reads are one meaning: what a model was given live is what training would join at the same moment. */
describe('10,000 flights asked 64 at a time in shuffled order', () => {
  let server: TestServer;
  let rondo: Rondo;
  let gateway: string;

  beforeAll(async () => {
    server = await testServer();
    rondo = new Rondo({ url: server.url, token: server.token, project: 'default' });
    await importLandings();
    await rondo.features.applyFeatures({ body: FEATURES as never });
    for (const { name } of FEATURES.views) {
      const { job } = await rondo.features.materialiseView({ params: { name }, body: {} });
      await ended(() => rondo.features.getMaterialisation({ params: { job } }));
    }
    await serveSomeTrees();
  }, 120_000);
  afterAll(() => server.end());

  async function ended<T extends { state: string; error: string | null }>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const state = await ask();
      if (state.state === 'done') return state;
      if (state.error !== null && state.state !== 'queued' && state.state !== 'running')
        throw new Error(state.error);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function importRows(name: string, bytes: Uint8Array | Blob, file: object): Promise<void> {
    const { digest } = await rondo.uploadBlob(bytes);
    const { job } = await rondo.datasets.importVersion({
      params: { name },
      body: { ...file, files: [{ digest, ...(file as { files: object[] }).files[0] }] } as never,
    });
    await ended(() => rondo.datasets.getImport({ params: { name, job } }));
  }

  async function importLandings(): Promise<void> {
    const select = `select ${FLIGHT_SQL} as flight, * from (${PREPARED_FLIGHTS_SQL.replace('from flights f', 'from input f')})
      where landed_at < timestamp '2001-01-09'`;
    const files = [{ format: 'parquet', name: 'flights-3m.parquet' }];
    await importRows('landings', await readFile(flightsFile()), { files, select });
  }

  /** Any model that reads the whole service: what it answers does not matter here, what it was given does. */
  async function serveSomeTrees(): Promise<void> {
    const labels = Uint8Array.from({ length: 200 }, (_, row) => row % 2);
    const columns = NAMES.map((_, at) => Float32Array.from(labels, (_label, row) => (row * (at + 1)) % 7));
    const run = await rondo.startRun({ experiment: 'late', name: 'some trees' });
    const { model_id } = await run.logModel({
      name: 'model',
      flavor: 'onnx',
      bytes: toOnnx(trainGbdt(NAMES, { columns, labels }, { trees: 2, minLeaf: 5 })),
      signature: SIGNATURES.asOf,
      featureService: SERVICE,
    });
    await run.end();
    await rondo.registerModel('late', { model_id, run_id: run.id });
    for (let url: string | null = null; url === null; ) {
      ({ gateway: url } = await rondo.server.getStatus({}));
      gateway = url ?? '';
    }
    const params = { endpoint: 'late' };
    await rondo.serving.deploy({ params, body: { environment: 'dev', model: 'late', version: 1 } });
  }

  function ask(agent: Agent, flight: Flight): Promise<string> {
    const { flight: id, date, departed_at, origin, destination, distance } = flight;
    const record = { flight: id, date, departed_at, origin, destination, distance };
    const body = JSON.stringify({ dataframe_records: [record] });
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = httpRequest(
        `${gateway}/endpoints/late/invocations`,
        { method: 'POST', agent, headers },
        (response) => {
          response.resume();
          response.on('error', reject);
          response.on('end', () => {
            if (response.statusCode === 200) resolve(String(response.headers['x-rondo-prediction-id']));
            else reject(new Error(`status ${response.statusCode}`));
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Corrections of values that may have been read already, in the middle of the span; answers with their created time. */
  async function pushLate(round: number): Promise<number> {
    const created_time = Date.now();
    const rows = ['ATL', 'ORD', 'DFW', 'LAX', 'PHX'].flatMap((key) =>
      Array.from({ length: 48 }, (_, at) => ({
        key,
        event_time: FROM + (8 * at + round) * QUARTER,
        created_time,
        values: Object.fromEntries(VIEW.features.map(({ name }, i) => [name, round + i / 16])),
      })),
    );
    const pushed = await rondo.features.pushRows({ params: { name: VIEW.name }, body: { rows } });
    expect(pushed.online).toBe(true);
    return created_time;
  }

  /** The offline join of the same requests, seeing what had been created by `asOf`. */
  async function joined(asOf: number): Promise<Map<string, (number | null)[]>> {
    const { job } = await rondo.features.startHistorical({
      body: { service: SERVICE, dataset: { name: 'asked', versions: [1] }, as_of: asOf },
    });
    await ended(() => rondo.features.getHistorical({ params: { job } }));
    const table = (await rondo.features.downloadHistorical({ params: { job }, query: {} })) as Response;
    const { columns, rows } = await readParquet(new Uint8Array(await table.arrayBuffer()));
    const found = new Map<string, (number | null)[]>();
    for (let row = 0; row < rows; row++)
      found.set(
        String(columns.flight?.[row]),
        NAMES.map((name) => cell(columns[name]?.[row])),
      );
    return found;
  }

  it('reads, value for value, what the offline join gives, with late pushes in between', async () => {
    const world = await sampleWorld(flightsFile(), 6, 7);
    const inSpan = world.filter(({ departed_at }) => departed_at >= FROM && departed_at < TO);
    const flights = shuffled(inSpan, 11).slice(0, REQUESTS);
    expect(flights).toHaveLength(REQUESTS);

    const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
    const asked: Asked[] = [];
    const states: number[] = [];
    let next = 0;
    let begun = 0;
    states.push(Date.now());
    const pushes = (async () => {
      for (let round = 1; round <= PUSHES; round++) {
        while (next < (round * REQUESTS) / (PUSHES + 1))
          await new Promise((resolve) => setTimeout(resolve, 2));
        begun++;
        states.push(await pushLate(round));
      }
    })();
    const worker = async () => {
      while (next < flights.length) {
        const flight = flights[next++] as Flight;
        const atLeast = states.length - 1;
        const prediction = await ask(agent, flight);
        asked.push({ flight, prediction, atLeast, atMost: begun });
      }
    };
    await Promise.all([pushes, ...Array.from({ length: CONCURRENCY }, worker)]);
    agent.destroy();

    const iso = (time: number) => new Date(time).toISOString().slice(0, 23).replace('T', ' ');
    const lines = flights.map(({ flight, departed_at, date, origin, destination, distance }) =>
      [flight, iso(departed_at), iso(date), origin, destination, distance].join(','),
    );
    const csv = `flight,departed_at,date,origin,destination,distance\n${lines.join('\n')}\n`;
    await importRows('asked', new Blob([csv]), { files: [{ format: 'csv', name: 'asked.csv' }] });

    const vectors = new Map<string, (number | null)[]>();
    for await (const line of recentLines(join(server.data, 'gateway', 'log'), 1 << 28)) {
      const record = LogRecord.parse(JSON.parse(line));
      if (record.kind === 'prediction') vectors.set(record.prediction_id, (record.vector ?? []).map(cell));
    }
    const truth = [];
    for (const asOf of states) truth.push(await joined(asOf));

    let compared = 0;
    let changed = 0;
    const wrong: unknown[] = [];
    for (const { flight, prediction, atLeast, atMost } of asked) {
      const given = vectors.get(prediction) ?? [];
      const allowed = truth.slice(atLeast, atMost + 1).map((state) => state.get(flight.flight) ?? []);
      compared += given.length;
      if (!isSame(truth[0]?.get(flight.flight) ?? [], truth.at(-1)?.get(flight.flight) ?? [])) changed++;
      if (!allowed.some((values) => isSame(values, given))) wrong.push({ flight, given, allowed });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(compared).toBe(REQUESTS * NAMES.length);
    // The pushes did change what many of these requests read, so that order would have shown.
    expect(changed).toBeGreaterThan(REQUESTS / 20);
    expect([...vectors.values()].filter((values) => values.includes(null)).length).toBeLessThan(REQUESTS / 5);
  }, 120_000);
});

const isSame = (a: readonly (number | null)[], b: readonly (number | null)[]): boolean =>
  a.length === b.length && a.every((value, at) => Object.is(value, b[at]));

/** Missing values are null in the log, null or NaN in a table. */
function cell(value: unknown): number | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  return Number.isNaN(number) ? null : number;
}

/** Fisher and Yates, with a linear congruential generator. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  let state = seed;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
