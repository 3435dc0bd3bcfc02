import type { AutomationService } from '../../domains/automation/service.ts';
import type { DatasetsService } from '../../domains/datasets/service.ts';
import type { FeaturesService } from '../../domains/features/service.ts';
import type { LineageService } from '../../domains/lineage/service.ts';
import type { Tally, Window } from '../../domains/maturity/evidence.ts';
import type { MonitoringService } from '../../domains/monitoring/service.ts';
import type { PipelineService } from '../../domains/pipelines/service.ts';
import type { ProjectsService } from '../../domains/projects/service.ts';
import type { EvaluationsService } from '../../domains/registry/service/evaluations.ts';
import type { RegistryService } from '../../domains/registry/service.ts';
import type { ReleasesService } from '../../domains/releases/service.ts';
import type { RolloutsService } from '../../domains/rollouts/service.ts';
import type { ServingService } from '../../domains/serving/service/endpoints.ts';
import type { TrackingService } from '../../domains/tracking/service.ts';
import type { Urn } from '../../lib/urn.ts';

/** The rooms to the left of maturity, whose records are the evidence. */
export interface EvidenceParts {
  lineage: LineageService;
  projects: ProjectsService;
  datasets: DatasetsService;
  features: FeaturesService;
  tracking: TrackingService;
  registry: RegistryService;
  evaluations: EvaluationsService;
  pipelines: PipelineService;
  serving: ServingService;
  monitoring: MonitoringService;
  rollouts: RolloutsService;
  releases: ReleasesService;
  automation: AutomationService;
}

const PROOFS = 5;

export const within = (time: number | null, { from, to }: Window): boolean =>
  time !== null && time >= from && time <= to;

/** How many of `all` count, and up to five of those that do. */
export function tallyOf<T>(all: readonly T[], counts: (one: T) => boolean, nameOf: (one: T) => Urn): Tally {
  const found = all.filter(counts);
  return { found: found.length, total: all.length, proofs: found.slice(0, PROOFS).map(nameOf) };
}

export const NOTHING: Tally = { found: 0, total: 0, proofs: [] };
