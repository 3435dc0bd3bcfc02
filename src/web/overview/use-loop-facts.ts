import { approvalsContract } from '../../domains/approvals/contract.ts';
import { automationContract } from '../../domains/automation/contract.ts';
import { datasetsContract } from '../../domains/datasets/contract.ts';
import { featuresContract } from '../../domains/features/contract.ts';
import { monitoringContract } from '../../domains/monitoring/contract.ts';
import { pipelinesContract } from '../../domains/pipelines/contract.ts';
import { projectsContract } from '../../domains/projects/contract.ts';
import { versionsContract } from '../../domains/registry/contract/versions.ts';
import { releasesContract } from '../../domains/releases/contract.ts';
import { rolloutsContract } from '../../domains/rollouts/contract.ts';
import { servingContract } from '../../domains/serving/contract.ts';
import { experimentsContract } from '../../domains/tracking/contract/experiments.ts';
import { runsContract } from '../../domains/tracking/contract/runs.ts';
import { useEndpoint } from '../../ui/data.tsx';
import type { Fault } from '../../lib/errors.ts';
import type { LoopFacts } from './facts.ts';

const RUNS = 1000;

/** What all rooms say about a project; complete once the project itself and everything live has answered. */
export function useLoopFacts(project: string): {
  facts: LoopFacts | undefined;
  fault: Fault | undefined;
  retry: () => void;
} {
  const inProject = { params: { project } };
  const own = useEndpoint(projectsContract.getProject, inProject);
  const endpoints = useEndpoint(servingContract.listEndpoints, inProject).data?.endpoints;
  const monitors = useEndpoint(monitoringContract.listMonitors, inProject).data?.monitors;
  const alerts = useEndpoint(monitoringContract.listAlerts, inProject).data?.alerts;
  const approvals = useEndpoint(approvalsContract.listApprovals, { query: { project } }).data?.approvals;
  const promotions = useEndpoint(releasesContract.listPromotions, inProject).data?.promotions;
  const rollouts = useEndpoint(rolloutsContract.listRollouts, inProject).data?.rollouts;
  const datasets = useEndpoint(datasetsContract.listDatasets, inProject).data?.datasets;
  const views = useEndpoint(featuresContract.listFeatures, inProject).data?.views;
  const pipelineRuns = useEndpoint(pipelinesContract.listPipelineRuns, {
    ...inProject,
    query: { limit: 100 },
  }).data?.runs;
  const rules = useEndpoint(automationContract.listRules, inProject).data?.rules;
  const runs = useRuns();
  const versions = useEndpoint(versionsContract.searchModelVersions, { query: { max_results: 200 } }).data;
  const facts =
    own.data &&
    endpoints &&
    monitors &&
    alerts &&
    promotions &&
    rollouts &&
    datasets &&
    views &&
    pipelineRuns &&
    rules
      ? {
          project: own.data,
          endpoints,
          monitors,
          alerts,
          approvals: approvals ?? [],
          promotions,
          rollouts,
          datasets,
          views,
          pipelineRuns,
          rules,
          runs,
          versions: (versions?.model_versions ?? []).map((each) => ({
            model: each.name ?? '',
            version: Number(each.version),
            created_at: each.creation_timestamp ?? 0,
          })),
        }
      : undefined;
  return { facts, fault: own.fault, retry: own.retry };
}

/** Runs of all experiments of the project; at most a thousand are counted. */
function useRuns(): LoopFacts['runs'] {
  const experiments = useEndpoint(experimentsContract.searchExperiments, { body: { max_results: 200 } }).data
    ?.experiments;
  const ids = experiments?.map((experiment) => experiment.experiment_id);
  const found = useEndpoint(
    runsContract.searchRuns,
    ids && ids.length > 0 ? { body: { experiment_ids: ids, max_results: RUNS } } : undefined,
  ).data?.runs;
  const times = (found ?? []).map((run) => run.info.start_time ?? 0);
  return {
    total: found?.length ?? 0,
    running: (found ?? []).filter((run) => run.info.status === 'RUNNING').length,
    newest: times.length > 0 ? Math.max(...times) : null,
  };
}
