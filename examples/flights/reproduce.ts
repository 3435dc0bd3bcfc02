import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { file, pipeline, type Rondo, step, value, z } from 'rondo';
import { STATIC_INPUTS } from './features.ts';
import { learnTrees, metricsOf } from './learn.ts';
import { toOnnx } from './onnx.ts';

const TRAINING = 'flights-train';
/** A model of 150 trees that takes seconds; the larger one is made by the same code. */
const STEP = 'static-model';
const EXPERIMENT = 'flights/late';

/** What the first training did in one of its steps, as Rondo recorded it. */
const Recorded = z.object({
  stepRun: z.string(),
  run: z.string(),
  params: z.record(z.string(), z.string()),
  dataset: z.object({ name: z.string(), digest: z.string(), source: z.string() }),
  /** sha256 of its ONNX file. */
  model: z.string(),
});

/** Finds the run of the first training and the very bytes that it read. */
const recorded = step('recorded', {
  description: 'The first run of the training and the table it read',
  out: { table: file(), original: value(Recorded) },
  cache: false,
  async run({ rondo, output, log }) {
    const query = { pipeline: TRAINING, limit: 500 };
    const { runs } = await rondo.pipelines.listPipelineRuns({ query });
    const first = runs.toReversed().find((run) => run.state === 'done');
    if (!first) throw new Error(`${TRAINING} has not run yet, so there is nothing to reproduce.`);
    const { steps } = await rondo.pipelines.getPipelineRun({ params: { run: first.id } });
    const details = await Promise.all(
      steps.map((each) => rondo.pipelines.getStepRun({ params: { step_run: each.id } })),
    );
    const original = details.find((each) => each.node === STEP);
    const digest = (original?.inputs?.table as { digest: string } | undefined)?.digest;
    const source = details.find(
      (each) => (each.outputs?.table as { digest?: string } | undefined)?.digest === digest,
    );
    if (!original || !source) throw new Error(`Run ${first.number} has no step '${STEP}' with its table.`);
    const path = output('training.parquet');
    const table = await rondo.pipelines.readStepOutput({ params: { step_run: source.id, name: 'table' } });
    await writeFile(path, Buffer.from(await (table as Response).arrayBuffer()));
    log(`${first.pipeline} #${first.number} read the table ${digest?.slice(0, 12)}`);
    return { table: path, original: await runOf(rondo, original.id) };
  },
});

/** Does it again on the same bytes, and logs what came out as a run that names the one it repeats. */
const repeat = step('repeat', {
  description: 'The same step on the same table, compared with what it made then',
  in: { table: recorded.out.table, original: recorded.out.original },
  out: { same_model: value(z.boolean()), train_log_loss: value(z.number()) },
  cache: false,
  async run({ inputs, rondo, log, progress }) {
    const { run, params, dataset, model } = inputs.original;
    const names = STATIC_INPUTS.map(({ name }) => name);
    const learned = await learnTrees(inputs.table.path, names, progress);
    const digest = sha256(toOnnx(learned.ensemble));
    const again = await rondo.startRun({
      experiment: EXPERIMENT,
      name: `${STEP}, reproduced`,
      params,
      tags: {
        'rondo.reproduces': run,
        'reproduction.model_digest': digest,
        'reproduction.same_model': String(digest === model),
      },
    });
    await again.logDataset(dataset, 'training');
    await again.logMetrics(metricsOf(learned));
    await again.end();
    log(`${digest === model ? 'The same model, byte for byte' : 'Another model'}: ${digest.slice(0, 12)}`);
    return { same_model: digest === model, train_log_loss: learned.trainLoss };
  },
});

export const reproduction = pipeline(
  'flights-reproduce',
  { description: 'One run of the first training again, on the bytes that it read' },
  () => {
    const first = recorded();
    repeat({ table: first.out.table, original: first.out.original });
  },
);

async function runOf(rondo: Rondo, stepRun: string): Promise<z.infer<typeof Recorded>> {
  const { experiment } = await rondo.tracking.getExperimentByName({
    query: { experiment_name: EXPERIMENT },
  });
  const { runs = [] } = await rondo.tracking.searchRuns({
    body: {
      experiment_ids: [experiment.experiment_id],
      filter: `tags.\`rondo.step_run\` = '${stepRun}'`,
    } as never,
  });
  const [run] = runs;
  const dataset = run?.inputs.dataset_inputs?.[0]?.dataset;
  const model = run?.outputs?.model_outputs?.[0]?.model_id;
  if (!run || !dataset || !model)
    throw new Error(`Step run ${stepRun} tracked no run with data and a model.`);
  const place = `${experiment.experiment_id}/models/${model}/artifacts/model.onnx`;
  const bytes = await rondo.request('GET', `/api/2.0/mlflow-artifacts/artifacts/${place}`);
  return {
    stepRun,
    run: run.info.run_id,
    params: Object.fromEntries((run.data.params ?? []).map(({ key, value: text }) => [key, text])),
    dataset: { name: dataset.name, digest: dataset.digest, source: dataset.source },
    model: sha256(new Uint8Array(await bytes.arrayBuffer())),
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
