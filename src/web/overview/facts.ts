import type { Approval } from '../../domains/approvals/schema.ts';
import type { RuleView } from '../../domains/automation/schema/firing.ts';
import type { Dataset } from '../../domains/datasets/schema.ts';
import type { ViewRecord } from '../../domains/features/schema.ts';
import type { Alert, Monitor } from '../../domains/monitoring/schema.ts';
import type { RunItem } from '../../domains/pipelines/schema/runs.ts';
import type { Project } from '../../domains/projects/schema.ts';
import type { Promotion } from '../../domains/releases/schema.ts';
import type { Rollout } from '../../domains/rollouts/schema.ts';
import type { Endpoint } from '../../domains/serving/schema/control.ts';

/** Everything the overview shows, as the rooms say it. */
export interface LoopFacts {
  project: Project;
  datasets: readonly Dataset[];
  views: readonly ViewRecord[];
  /** Runs that MLflow clients and pipelines logged; `running` of them go on. */
  runs: { total: number; running: number; newest: number | null };
  versions: readonly { model: string; version: number; created_at: number }[];
  pipelineRuns: readonly RunItem[];
  promotions: readonly Promotion[];
  approvals: readonly Approval[];
  endpoints: readonly Endpoint[];
  rollouts: readonly Rollout[];
  monitors: readonly Monitor[];
  alerts: readonly Alert[];
  rules: readonly RuleView[];
}
