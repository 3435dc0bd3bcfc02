import { readFile } from 'node:fs/promises';
import type { Rondo } from 'rondo';
import { FLIGHT_SQL, PREPARED_FLIGHTS_SQL } from './features.ts';
import { CHECKS, ENDPOINT, FEATURES, MODEL, MONITORS, RULES } from './platform.ts';
import { drillRollback, reproduceRun } from './proof.ts';
import { type Answered, askAll, tellTruth } from './replay.ts';
import { flightsFile } from './source.ts';
import { type Flight, sampleWorld } from './world.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;
/** Monday 5 January 1970; windows of monitors begin on Mondays too. */
const MONDAY = 4 * DAY;
/** One flight in so many is sent as a request: about 7,000 a week, twice as many in five weeks as the power plan of a rollout asks for. */
const ONE_IN = 16;
const SEED = 2001;
const MONTHS = [1, 2, 3, 4, 5, 6];

export interface Stage {
  /** Says what goes on; `part` from 0 to 1 when known. */
  progress(text: string, part?: number): void;
}

export interface Show {
  stage<T>(title: string, work: (stage: Stage) => Promise<T>): Promise<T>;
  note(text: string): void;
}

export interface Summary {
  requests: number;
  failed: number;
}

const startOf = (month: number) => Date.UTC(2001, month - 1, 1);
const sqlTime = (time: number) =>
  `timestamp '${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}'`;

/** Plays one turn of the loop after another on six months of real flights. Whatever was done before is found done. */
export async function play(
  rondo: Rondo,
  gateway: () => Promise<string>,
  show: Show,
  project: object,
  pipeline: () => Promise<void>,
): Promise<Summary> {
  await show.stage('Design: the charter', async () => {
    await rondo.projects.applyProject({ body: project as never });
  });
  const file = await readFile(flightsFile());
  const blob = await show.stage('Data: 3,000,000 flights', async (stage) => {
    stage.progress('uploading the Parquet file');
    const uploaded = await rondo.uploadBlob(file);
    await rondo.datasets.saveSuite({ params: { name: 'flights' }, body: { suite: CHECKS } });
    await importMonth(rondo, 'landings', uploaded.digest, 1, stage);
    await importMonth(rondo, 'flights', uploaded.digest, 1, stage);
    return uploaded.digest;
  });
  await show.stage('Features: what had landed', async (stage) => {
    await rondo.features.applyFeatures({ body: FEATURES as never });
    await materialise(rondo, 1, stage);
  });
  await show.stage('Rules, monitors', async () => {
    await rondo.automation.applyRules({ body: { rules: RULES }, query: {} } as never);
    for (const monitor of MONITORS)
      await rondo.monitoring.applyMonitor({ params: { monitor: monitor.name }, body: monitor as never });
  });
  await show.stage('Train, evaluate, register', async (stage) => {
    stage.progress('bundling the pipeline');
    await pipeline();
    await watchRun(rondo, await firstTraining(rondo), stage);
  });
  await show.stage('Release: dev, staging, prod', async (stage) => {
    await quiet(rondo, stage);
    const { promotions } = await rondo.releases.listPromotions({ query: { model: MODEL } });
    const first = promotions.findLast((promotion) => promotion.environment === 'prod') ?? promotions[0];
    if (first?.state !== 'done')
      throw new Error(
        `The first version did not reach prod: ${first?.sentence ?? 'no promotion was asked for'}`,
      );
  });
  const summary = await replay(rondo, gateway, show, blob);
  await show.stage('Prove: one run again, on the bytes it read', async (stage) => {
    await watchRun(rondo, await reproduceRun(rondo), stage);
  });
  show.note(await show.stage('Prove: back and forth once', (stage) => drillRollback(rondo, stage)));
  return summary;
}

async function replay(
  rondo: Rondo,
  gateway: () => Promise<string>,
  show: Show,
  blob: string,
): Promise<Summary> {
  const world = await show.stage('Serve: choosing the flights to replay', async () =>
    sampleWorld(flightsFile(), ONE_IN, SEED),
  );
  const { settled_through } = await rondo.serving.getEndpoint({ params: { endpoint: ENDPOINT } });
  let waiting = await answeredBefore(await gateway(), world, settled_through);
  const summary: Summary = { requests: 0, failed: 0 };
  for (const month of MONTHS.slice(1)) {
    const end = month === 6 ? startOf(7) + DAY : startOf(month + 1);
    const title = new Date(startOf(month)).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
    await show.stage(`Serve, monitor, retrain: ${title}`, async (stage) => {
      await importMonth(rondo, 'landings', blob, month, stage);
      await materialise(rondo, month, stage);
      for (const [from, until] of chunks(startOf(month), end)) {
        if (settled_through !== null && settled_through >= until) continue;
        waiting = await playChunk(rondo, await gateway(), stage, world, from, until, waiting, summary);
      }
      await importMonth(rondo, 'flights', blob, month, stage);
      await quiet(rondo, stage);
    });
  }
  return summary;
}

/** Flights that were asked about by an earlier start and had not landed by then: asked again, each answer keeps its id. */
async function answeredBefore(
  gateway: string,
  world: readonly Flight[],
  through: number | null,
): Promise<Answered[]> {
  if (through === null) return [];
  const flying = world.filter((flight) => flight.departed_at < through && flight.landed_at > through);
  return (await askAll(gateway, ENDPOINT, flying, () => {})).answered;
}

/** One span of event time: requests, the truth of what landed in it, then everything that this causes. */
async function playChunk(
  rondo: Rondo,
  gateway: string,
  stage: Stage,
  world: readonly Flight[],
  from: number,
  until: number,
  waiting: Answered[],
  summary: Summary,
): Promise<Answered[]> {
  const flights = world.filter((flight) => flight.departed_at >= from && flight.departed_at < until);
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const label = `${day(from)} to ${day(until - 1)}`;
  const sent = await askAll(gateway, ENDPOINT, flights, (done) =>
    stage.progress(
      `${label}: ${done.toLocaleString('en')} of ${flights.length.toLocaleString('en')} requests`,
      done / flights.length,
    ),
  );
  summary.requests += flights.length;
  summary.failed += sent.failed;
  const known = [...waiting, ...sent.answered];
  stage.progress(`${label}: the truth comes back`);
  await tellTruth(
    gateway,
    known.filter(({ flight }) => flight.landed_at <= until),
  );
  await rondo.serving.settle({ params: { endpoint: ENDPOINT }, body: { through: until } });
  await quiet(rondo, stage, label);
  return known.filter(({ flight }) => flight.landed_at > until);
}

/** Weeks from Monday to Monday, cut at the ends. */
function chunks(from: number, until: number): [number, number][] {
  const list: [number, number][] = [];
  for (let start = from; start < until; ) {
    const monday = Math.floor((start - MONDAY) / WEEK) * WEEK + MONDAY + WEEK;
    const stop = Math.min(monday, until);
    list.push([start, stop]);
    start = stop;
  }
  return list;
}

/** Waits until nothing that was caused so far is still going on. */
async function quiet(rondo: Rondo, stage: Stage, label = ''): Promise<void> {
  for (;;) {
    const work = await rondo.server.getWork({});
    if (work.quiet) return;
    stage.progress(`${label ? `${label}: ` : ''}${work.busy.slice(0, 3).join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** `flights` are whole months by departure, which training reads; `landings` are months by landing, the stream that features follow. */
async function importMonth(
  rondo: Rondo,
  dataset: 'flights' | 'landings',
  digest: string,
  month: number,
  stage: Stage,
): Promise<void> {
  const note = `2001-0${month}`;
  const { datasets } = await rondo.datasets.listDatasets({});
  if (datasets.some((known) => known.name === dataset)) {
    const { versions } = await rondo.datasets.listDatasetVersions({ params: { name: dataset }, query: {} });
    if (versions.some((version) => version.note === note)) return;
  }
  const column = dataset === 'flights' ? 'departed_at' : 'landed_at';
  const range = [
    month === 1 ? '' : `${column} >= ${sqlTime(startOf(month))}`,
    month === 6 ? '' : `${column} < ${sqlTime(startOf(month + 1))}`,
  ]
    .filter(Boolean)
    .join(' and ');
  const prepared = PREPARED_FLIGHTS_SQL.replace('from flights f', 'from input f');
  const { job } = await rondo.datasets.importVersion({
    params: { name: dataset },
    body: {
      files: [{ digest, format: 'parquet', name: 'flights-3m.parquet' }],
      select: `select ${FLIGHT_SQL} as flight, * from (${prepared}) where ${range}`,
      note,
    },
  });
  for (;;) {
    const state = await rondo.datasets.getImport({ params: { name: dataset, job } });
    if (state.state === 'done') return;
    if (state.error !== null && state.state !== 'queued' && state.state !== 'running')
      throw new Error(state.error);
    stage.progress(`${dataset} of month ${month}: ${state.phase}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function materialise(rondo: Rondo, month: number, stage: Stage): Promise<void> {
  for (const view of FEATURES.views) {
    const { job } = await rondo.features.materialiseView({
      params: { name: view.name },
      body: { dataset_versions: 'all', ...(month === 1 ? { online_from: startOf(2) - 2 * DAY } : {}) },
    });
    for (;;) {
      const state = await rondo.features.getMaterialisation({ params: { job } });
      if (state.state === 'done') break;
      if (state.state === 'dead' || state.state === 'cancelled')
        throw new Error(state.error ?? `${view.name} was not materialised`);
      stage.progress(`materialising ${view.name}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The run of the first training, started unless it was; one that failed is followed by another. */
async function firstTraining(rondo: Rondo): Promise<string> {
  const query = { pipeline: 'flights-train', limit: 500 };
  const { runs } = await rondo.pipelines.listPipelineRuns({ query });
  const known = runs.findLast((run) => run.state === 'running' || run.state === 'done');
  if (known) return known.id;
  const body = { key: `quickstart: training ${runs.length + 1}` };
  return (await rondo.pipelines.runPipeline({ params: { name: 'flights-train' }, body })).id;
}

async function watchRun(rondo: Rondo, run: string, stage: Stage): Promise<void> {
  for (;;) {
    const { state, steps } = await rondo.pipelines.getPipelineRun({ params: { run } });
    const active = steps.filter((step) => step.state === 'running');
    stage.progress(
      active
        .map((step) => `${step.node}${step.progress_text ? `: ${step.progress_text}` : ''}`)
        .join(' · ') || 'starting',
    );
    if (state !== 'running') {
      const failed = steps.find((step) => step.state === 'failed');
      if (failed)
        throw new Error(`Step ${failed.node} failed: ${(failed.error ?? 'no reason given').split('\n')[0]}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
