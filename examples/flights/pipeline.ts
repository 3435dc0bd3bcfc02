import { dataset, file, model, type ModelRef, pipeline, type Rondo, step, value, z } from 'rondo';
import { AS_OF_INPUTS, STATIC_INPUTS } from './features.ts';
import { type Learned, learnBaseline, learnTrees, metricsOf } from './learn.ts';
import { toOnnx } from './onnx.ts';
import { MODEL, SERVICE, SIGNATURES } from './platform.ts';
import { MODEL_OPTIONS } from './settings.ts';

const DAY = 86_400_000;
const TRAINING_ROWS = 400_000;
const EXPERIMENT = 'flights/late';
/** A server that dies takes the requests with it that it was answering; what such an attempt did is found by the next. */
const RETRY = { max: 2 };
const Data = z.object({ dataset: z.string(), version: z.number(), digest: z.string(), rows: z.number() });

/** Months of labelled flights that have ended; asked anew at every run, so that later steps know what is new. */
const months = step('months', {
  description: 'The versions of the flights dataset that exist',
  retry: RETRY,
  out: { versions: value(z.array(z.number())) },
  cache: false,
  async run({ rondo, log }) {
    const { versions } = await rondo.datasets.listDatasetVersions({ params: { name: 'flights' }, query: {} });
    const numbers = versions.map((version) => version.version).sort((a, b) => a - b);
    log(`flights has the versions ${numbers.join(', ')}`);
    return { versions: numbers };
  },
});

/** Flights joined with what was known at their departure; the newest week is held out and never trained on. */
const trainingSet = step('training-set', {
  description: 'Point-in-time join of flights and features',
  retry: RETRY,
  in: { versions: z.array(z.number()) },
  out: { table: file(), data: value(Data), holdout: dataset() },
  async run({ inputs, rondo, log, progress, output }) {
    const newest = inputs.versions.at(-1) as number;
    const to = Date.UTC(2001, newest, 1); // version k of the dataset is month k
    progress(0.1, `joining versions ${inputs.versions.join(', ')}`);
    const { job } = await rondo.features.startHistorical({
      body: {
        service: SERVICE,
        dataset: { name: 'flights', versions: inputs.versions },
        labels: [{ name: 'late', expression: 'delay > 15 ? 1 : 0' }],
        sample: { n: TRAINING_ROWS, seed: 1 },
        holdout: [{ from: to - 7 * DAY, to: to + DAY }],
        save_as: 'flight-delay-training',
        save_holdout_as: 'flight-delay-holdout',
      },
    });
    for (;;) {
      const state = await rondo.features.getHistorical({ params: { job } });
      if (state.result) {
        const { table, holdout } = state.result;
        log(`${table.rows} rows to train on, ${holdout?.rows ?? 0} held out`);
        const rows = await rondo.features.downloadHistorical({ params: { job }, query: {} });
        const path = output('training.parquet');
        await writeBody(path, rows);
        return {
          table: path,
          data: {
            dataset: 'flight-delay-training',
            version: table.version as number,
            digest: table.digest,
            rows: table.rows,
          },
          holdout: {
            name: 'flight-delay-holdout',
            version: holdout?.version as number,
            digest: holdout?.digest ?? null,
          },
        };
      }
      if (state.state === 'dead' || state.state === 'cancelled')
        throw new Error(state.error ?? 'the join was cancelled');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
});

const baseline = step('baseline', {
  description: 'Late share by hour, the rule that the model must beat',
  retry: RETRY,
  in: { table: trainingSet.out.table, data: trainingSet.out.data },
  out: { model: model() },
  async run({ inputs, rondo }) {
    return {
      model: await publish(rondo, {
        name: 'late-share-by-hour',
        run: 'baseline',
        learned: await learnBaseline(inputs.table.path),
        signature: SIGNATURES.baseline,
        data: inputs.data,
        params: {},
      }),
    };
  },
});

const staticModel = step('static-model', {
  description: 'Trees on hour, weekday and distance alone',
  retry: RETRY,
  in: { table: trainingSet.out.table, data: trainingSet.out.data },
  out: { model: model() },
  async run({ inputs, rondo, progress }) {
    const names = STATIC_INPUTS.map(({ name }) => name);
    const learned = await learnTrees(inputs.table.path, names, progress);
    return {
      model: await publish(rondo, {
        name: `${MODEL}-static`,
        run: 'static',
        learned,
        signature: SIGNATURES.static,
        data: inputs.data,
        params: MODEL_OPTIONS,
      }),
    };
  },
});

const asOfModel = step('as-of-model', {
  description: 'Trees on the static features and what was known at departure',
  in: { table: trainingSet.out.table, data: trainingSet.out.data },
  out: { model: model() },
  timeout: '10m',
  retry: RETRY,
  async run({ inputs, rondo, progress }) {
    const names = AS_OF_INPUTS.map(({ name }) => name);
    const learned = await learnTrees(inputs.table.path, names, progress);
    return {
      model: await publish(rondo, {
        name: MODEL,
        run: 'as-of',
        learned,
        signature: SIGNATURES.asOf,
        data: inputs.data,
        params: MODEL_OPTIONS,
      }),
    };
  },
});

/** Rondo scores the version on the rows that training never saw, beside the baseline. */
const evaluate = step('evaluate', {
  description: 'Evaluation by Rondo on the hold-out',
  retry: RETRY,
  in: { model: model(), holdout: dataset(), baseline: model() },
  out: { gain: value(z.number().nullable()), n: value(z.number()) },
  async run({ inputs, rondo, log }) {
    const { name, version } = inputs.model as { name: string; version: number };
    const rows = { dataset: inputs.holdout.name, dataset_version: Number(inputs.holdout.version) };
    const params = { model: name, version };
    const { evaluations } = await rondo.evaluations.listEvaluations({ params, query: { version } });
    const evaluation =
      evaluations.find((known) => known.champion === null && isSame(known, rows)) ??
      (await rondo.evaluations.evaluate({ params, body: rows }));
    const gain = evaluation.pairs.baseline?.gain;
    log(
      `gain over the baseline ${gain?.value?.toFixed(4)} (${gain?.low?.toFixed(4)} to ${gain?.high?.toFixed(4)}) on ${evaluation.n} rows`,
    );
    return { gain: gain?.value ?? null, n: evaluation.n };
  },
});

export { reproduction } from './reproduce.ts';

export default pipeline(
  'flights-train',
  { description: 'From labelled flights to an evaluated model version' },
  () => {
    const available = months();
    const first = trainingSet({ versions: [1] }, { id: 'first-month' });
    const rule = baseline({ table: first.out.table, data: first.out.data });
    const plain = staticModel({ table: first.out.table, data: first.out.data });
    evaluate(
      { model: plain.out.model, holdout: first.out.holdout, baseline: rule.out.model },
      { id: 'evaluate-static' },
    );
    const all = trainingSet({ versions: available.out.versions }, { id: 'training-set', after: [first] });
    const candidate = asOfModel({ table: all.out.table, data: all.out.data });
    evaluate(
      { model: candidate.out.model, holdout: all.out.holdout, baseline: rule.out.model },
      { id: 'evaluate-as-of' },
    );
  },
);

const isSame = (a: Rows, b: Rows) => a.dataset === b.dataset && a.dataset_version === b.dataset_version;
interface Rows {
  dataset: string;
  dataset_version: number;
}

/** The version that an earlier attempt of this very step registered, when its last answer was lost. */
async function publishedBefore(rondo: Rondo, name: string): Promise<ModelRef | undefined> {
  const { experiments = [] } = await rondo.tracking.searchExperiments({
    body: { filter: `name = '${EXPERIMENT}'`, max_results: 1 } as never,
  });
  const [experiment] = experiments;
  if (!experiment) return undefined;
  const { runs = [] } = await rondo.tracking.searchRuns({
    body: {
      experiment_ids: [experiment.experiment_id],
      filter: `tags.\`rondo.step_run\` = '${process.env.RONDO_STEP_RUN}'`,
    } as never,
  });
  for (const { info } of runs) {
    const query = { filter: `run_id = '${info.run_id}'` };
    const { model_versions = [] } = await rondo.registry.searchModelVersions({ query });
    const known = model_versions.find((version) => version.name === name);
    if (known) return { name, version: Number(known.version) };
    // Begun by an attempt that was cut short: this one tells it anew.
    await rondo.tracking.deleteRun({ body: { run_id: info.run_id } });
  }
  return undefined;
}

/** Tracks the run, logs the model and registers it as the next version. */
async function publish(
  rondo: Rondo,
  what: {
    name: string;
    run: string;
    learned: Learned;
    signature: (typeof SIGNATURES)[keyof typeof SIGNATURES];
    data: z.infer<typeof Data>;
    params: Record<string, string | number | boolean>;
  },
): Promise<ModelRef> {
  const known = await publishedBefore(rondo, what.name);
  if (known) return known;
  const run = await rondo.startRun({
    experiment: EXPERIMENT,
    name: what.run,
    params: { ...what.params, trees: what.learned.ensemble.trees.length, rows: what.data.rows },
  });
  await run.logDataset(
    {
      name: what.data.dataset,
      digest: what.data.digest,
      source: `rondo:dataset-version:flights/${what.data.dataset}/${what.data.version}`,
    },
    'training',
  );
  await run.logMetrics(metricsOf(what.learned));
  const logged = await run.logModel({
    name: 'model',
    flavor: 'onnx',
    bytes: toOnnx(what.learned.ensemble),
    signature: what.signature,
    featureService: SERVICE,
  });
  await run.end();
  const version = await rondo.registerModel(what.name, { model_id: logged.model_id, run_id: run.id });
  return { name: version.name, version: Number(version.version) };
}

async function writeBody(path: string, response: Response): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
}
