import { createHash } from 'node:crypto';
import type { Rondo } from '../../sdk/index.ts';

const EXPERIMENT = 'flights/late';
const DIGITS = 9;

/**
 * Everything that came out of the example and must come out again: digests, verdicts, counts. Left out is what no two runs share: wall
 * clock, latency and what is judged by it (the windows of the service monitor), ids, and how often something was sent until it arrived.
 * Sums depend in their last digits on the order of threads, so numbers have nine.
 */
export async function collectFacts(rondo: Rondo): Promise<Record<string, unknown>> {
  const facts = {
    datasets: await datasets(rondo),
    features: await features(rondo),
    models: await models(rondo),
    evaluations: await evaluations(rondo),
    runs: await pipelineRuns(rondo),
    reproductions: await reproductions(rondo),
    freshness: (await rondo.features.listFreshness({})).views,
    windows: await windows(rondo),
    alerts: await alerts(rondo),
    firings: await firings(rondo),
    rollouts: await rollouts(rondo),
    promotions: await promotions(rondo),
    traffic: await traffic(rondo),
    maturity: await maturity(rondo),
  };
  return JSON.parse(JSON.stringify(facts, rounded)) as typeof facts;
}

const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;

async function datasets(rondo: Rondo) {
  const { datasets } = await rondo.datasets.listDatasets({});
  const all = [];
  for (const { name } of datasets) {
    const { versions } = await rondo.datasets.listDatasetVersions({ params: { name }, query: {} });
    for (const { version, digest, rows, note, validation } of versions.reverse())
      all.push({ name, version, digest, rows, note, failed_checks: validation?.failed ?? null });
  }
  return all;
}

async function features(rondo: Rondo) {
  const { views } = await rondo.features.listFeatures({});
  return views.map(({ name, version, digest, freshness }) => ({
    name,
    version,
    digest,
    rows: freshness.rows,
    newest: freshness.newest_event_time,
  }));
}

/** Registered versions with the sha256 of their ONNX file. */
async function models(rondo: Rondo) {
  const { experiment } = await rondo.tracking.getExperimentByName({ query: { experiment_name: EXPERIMENT } });
  const { model_versions = [] } = await rondo.registry.searchModelVersions({ query: { order_by: ['name'] } });
  const all = [];
  for (const { name, version, model_id } of model_versions) {
    const place = `${experiment.experiment_id}/models/${model_id}/artifacts/model.onnx`;
    const file = await rondo.request('GET', `/api/2.0/mlflow-artifacts/artifacts/${place}`);
    const onnx = createHash('sha256')
      .update(new Uint8Array(await file.arrayBuffer()))
      .digest('hex');
    all.push({ name, version: Number(version), onnx });
  }
  return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version - b.version));
}

async function evaluations(rondo: Rondo) {
  const all = [];
  for (const model of ['flight-delay', 'flight-delay-static']) {
    const found = (await rondo.evaluations.listEvaluations({ params: { model }, query: {} })).evaluations;
    for (const { version, model_digest, dataset_digest, champion, n, pairs } of found.reverse())
      all.push({ model, version, model_digest, dataset_digest, champion, n, pairs });
  }
  return all;
}

async function pipelineRuns(rondo: Rondo) {
  const { runs } = await rondo.pipelines.listPipelineRuns({ query: { limit: 500 } });
  return runs.reverse().map(({ pipeline, number, state, reason, counts }) => ({
    pipeline,
    number,
    state,
    reason: reason.kind,
    counts,
  }));
}

/** What came out when a run was made again: its loss, and whether the ONNX file is the same byte for byte. */
async function reproductions(rondo: Rondo) {
  const query = { pipeline: 'flights-reproduce', limit: 500 };
  const { runs } = await rondo.pipelines.listPipelineRuns({ query });
  const all = [];
  for (const { id } of runs) {
    const { steps } = await rondo.pipelines.getPipelineRun({ params: { run: id } });
    const last = steps.find((step) => step.node === 'repeat');
    if (last) all.push((await rondo.pipelines.getStepRun({ params: { step_run: last.id } })).outputs);
  }
  return all;
}

async function windows(rondo: Rondo) {
  const { monitors } = await rondo.monitoring.listMonitors({});
  const all = [];
  for (const { name, spec } of monitors) {
    const { windows } = await rondo.monitoring.getMonitor({ params: { monitor: name } });
    for (const { computed_at: _, detail, ...window } of windows.reverse()) {
      const { start, n } = window;
      if (spec.kind === 'service') all.push({ monitor: name, start, n, errors: detail.service?.errors });
      else
        all.push({
          monitor: name,
          ...window,
          versions: detail.versions,
          features: detail.features?.map(({ feature, distance, limit }) => ({ feature, distance, limit })),
        });
    }
  }
  return all;
}

async function alerts(rondo: Rondo) {
  const { alerts } = await rondo.monitoring.listAlerts({});
  return alerts
    .filter((alert) => alert.monitor !== 'service')
    .map(({ monitor, state, opened_event_time, closed_event_time, sentence, outcome }) => ({
      monitor,
      state,
      opened_event_time,
      closed_event_time,
      sentence,
      alarm: outcome?.alarm ?? null,
    }))
    .sort((a, b) => a.opened_event_time - b.opened_event_time || (a.monitor < b.monitor ? -1 : 1));
}

async function firings(rondo: Rondo) {
  const { firings } = await rondo.automation.listFirings({ query: { limit: 500 } });
  const all = [];
  for (const { id, rule, state, event } of firings.reverse()) {
    const { actions, guards } = await rondo.automation.getFiring({ params: { id } });
    all.push({
      rule,
      state,
      on: event.type,
      guards: guards.map(({ guard, passed }) => ({ guard, passed })),
      actions: actions.map((action) => ({ action: action.asked.action, state: action.state })),
    });
  }
  return all;
}

async function rollouts(rondo: Rondo) {
  const { rollouts } = await rondo.rollouts.listRollouts({});
  return rollouts
    .reverse()
    .map(({ endpoint, champion, candidate, state, verdict, sentence, plan, looks, ...rollout }) => ({
      endpoint,
      champion,
      candidate,
      state,
      verdict,
      sentence,
      started: rollout.started_event_time,
      ended: rollout.ended_event_time,
      rows_needed: plan.rows_needed,
      looks: looks.map(({ stage, through, n, gain, low, high, split, decision }) => ({
        stage,
        through,
        n,
        gain,
        low,
        high,
        split,
        decision,
      })),
    }));
}

async function promotions(rondo: Rondo) {
  const { promotions } = await rondo.releases.listPromotions({ query: {} });
  return promotions
    .reverse()
    .map(({ model, version, environment, state, requested_by, sentence, gates }) => ({
      model,
      version,
      environment,
      state,
      requested_by,
      sentence,
      gates: gates.map((gate) => ({ name: gate.name, state: gate.state })),
    }));
}

/** What answers at each endpoint, and how it came to that. */
async function traffic(rondo: Rondo) {
  const { endpoints } = await rondo.serving.listEndpoints({});
  const all = [];
  for (const { name, arms } of endpoints) {
    const { revisions } = await rondo.serving.getEndpoint({ params: { endpoint: name } });
    all.push({
      endpoint: name,
      arms,
      changes: revisions
        .filter((revision) => revision.state !== 'failed')
        .map(({ arms: then, cause }) => ({ kind: cause.kind, versions: then.map((arm) => arm.version) }))
        .reverse(),
    });
  }
  return all;
}

async function maturity(rondo: Rondo) {
  const { level, criteria, ml_test_score } = await rondo.maturity.getMaturity({});
  return {
    level,
    criteria: criteria.map(({ id, state, found, total }) => ({ id, state, found, total })),
    ml_test_score: ml_test_score.score,
  };
}
