import { pageHref } from '../../lib/page-href.ts';
import { urn } from '../../lib/urn.ts';
import { safePath } from './artifact-path.ts';
import { toExperiment } from './wire.ts';
import { TrackingContext, type TrackingGround } from './service/context.ts';
import { artifactVerbs } from './service/artifacts.ts';
import { experimentVerbs } from './service/experiments.ts';
import { importVerbs } from './service/import.ts';
import { loggedModelVerbs } from './service/logged-models.ts';
import { loggingVerbs } from './service/logging.ts';
import { runTableVerbs } from './service/run-table.ts';
import { runVerbs } from './service/runs.ts';
import { searchVerbs } from './service/search.ts';
import { trashVerbs } from './service/trash.ts';
import { assessmentVerbs } from './service/assessments.ts';
import { spanVerbs } from './service/spans.ts';
import { traceMetricVerbs } from './service/trace-metrics.ts';
import { traceVerbs } from './service/traces.ts';
import { traceV2Verbs } from './service/traces-v2.ts';

/** Experiments, runs, metrics, artifacts, logged models and traces. Results have the form of MLflow's API. */
export function createTracking(ground: TrackingGround) {
  const context = new TrackingContext(ground);
  const { assemble, putTags, ...runs } = runVerbs(context);
  const { assembleModels, ...models } = loggedModelVerbs(context);
  const { removeFiles, ...artifacts } = artifactVerbs(context);
  const { putAssessment, ...assessments } = assessmentVerbs(context);
  const { openArtifact } = artifacts;
  const traces = traceVerbs(context, { putAssessment, openArtifact, removeFiles });
  const spans = spanVerbs(context);
  describeToLineage(context);
  return {
    ...experimentVerbs(context),
    ...runs,
    ...loggingVerbs(context, putTags),
    ...artifacts,
    ...models,
    ...runTableVerbs(context),
    ...trashVerbs(context),
    ...importVerbs(context, { recordSpans: spans.recordSpans, startTrace: traces.startTrace }),
    ...traces,
    ...traceV2Verbs(context),
    ...traceMetricVerbs(context),
    ...spans,
    ...assessments,
    ...searchVerbs(context, { runs: assemble, models: assembleModels }),
    /** Throws RESOURCE_DOES_NOT_EXIST for a project that does not exist. */
    async assertProject(project: string): Promise<void> {
      await context.ready(project);
    },
    safePath,
  };
}

export type TrackingService = ReturnType<typeof createTracking>;

function describeToLineage(context: TrackingContext): void {
  const { database, ground, runs } = context;
  ground.lineage.resolve('run', {
    async describe([id = '']) {
      const row = await runs.find(database.read, id);
      if (!row) return undefined;
      const facts = { status: row.status, experiment: String(row.experiment), started: row.start_time };
      return {
        title: row.name,
        facts,
        href: pageHref(row.project, 'runs', row.run_id),
        project: row.project,
      };
    },
    async links([id = '']) {
      const row = await runs.find(database.read, id);
      return row ? [{ relation: 'part-of', to: urn('experiment', row.experiment) }] : [];
    },
    expects: ['ran-at', 'trained-on'],
  });
  ground.lineage.resolve('experiment', {
    async describe([id = '']) {
      const row = await database.read
        .selectFrom('experiments')
        .selectAll()
        .where('id', '=', Number(id))
        .executeTakeFirst();
      if (!row) return undefined;
      const { name, workspace } = toExperiment(row);
      return {
        title: name,
        facts: {},
        href: `${pageHref(workspace ?? 'default', 'experiments')}?experiment=${row.id}`,
        project: row.project,
      };
    },
  });
  ground.lineage.resolve('logged-model', {
    async describe([id = '']) {
      const row = await database.read
        .selectFrom('logged_models')
        .selectAll()
        .where('model_id', '=', id)
        .executeTakeFirst();
      if (!row) return undefined;
      const facts = { status: row.status, type: row.model_type };
      const href =
        row.source_run_id === null
          ? null
          : `${pageHref(row.project, 'runs', row.source_run_id)}?tab=artifacts`;
      return { title: row.name, facts, href, project: row.project };
    },
    expects: ['produced-by'],
  });
  ground.lineage.resolve('commit', {
    describe: async ([commit = '']) => ({
      title: commit.slice(0, 12),
      facts: { commit },
      href: null,
      project: null,
    }),
  });
}
