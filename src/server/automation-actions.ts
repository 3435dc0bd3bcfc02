import type { AutomationActions } from '../domains/automation/actions.ts';
import type { DatasetsService } from '../domains/datasets/service.ts';
import type { PipelineService } from '../domains/pipelines/service.ts';
import type { ReleasesService } from '../domains/releases/service.ts';
import { isOver } from '../domains/releases/states.ts';
import type { ServingService } from '../domains/serving/service/endpoints.ts';
import { invalid } from '../lib/errors.ts';
import { parseUrn, urn } from '../lib/urn.ts';

/** What rules may do, over the services of the rooms to the left. */
export function automationActions(parts: {
  datasets: DatasetsService;
  pipelines: PipelineService;
  serving: ServingService;
  releases: ReleasesService;
}): AutomationActions {
  return {
    async runPipeline(actor, project, name, params, causedBy, key) {
      const run = await parts.pipelines.run(actor, project, name, {
        params,
        key,
        reason: { kind: 'rule', cause: causedBy, text: actor.name },
      });
      return urn('pipeline-run', run.id);
    },
    async requestPromotion(actor, project, model, version, to, causedBy) {
      const number = Number(version);
      if (!Number.isInteger(number) || number < 1) throw invalid(`'${version}' is no version number.`);
      const promotion = await parts.releases.promote(actor, project, {
        model,
        version: number,
        to,
        causedBy,
      });
      return urn('promotion', promotion.id);
    },
    async rollBack(actor, project, endpoint) {
      await parts.serving.change(actor, project, { kind: 'rollback', endpoint });
      return urn('endpoint', endpoint);
    },
    async latestChecks(project, dataset, at) {
      const reports = await parts.datasets.listReports(project, dataset, 100).catch(() => []);
      const newest = reports.find((report) => at === undefined || report.created_at <= at) ?? reports[0];
      if (!newest) return 'unknown';
      return newest.failed > 0 ? 'failed' : 'passed';
    },
    async isRunning(thing) {
      const { kind, parts: own } = parseUrn(thing);
      const id = own.at(-1) ?? '';
      if (kind === 'promotion') return !isOver((await parts.releases.get(Number(id))).state);
      if (kind === 'pipeline-run') return (await parts.pipelines.active()).some((run) => run.id === id);
      return false;
    },
  };
}
