import type { Database } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import type { JobWorker } from '../../jobs/index.ts';
import type { ApprovalsService } from '../approvals/service.ts';
import type { Actor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import type { ProjectsService } from '../projects/service.ts';
import type { RolloutsService } from '../rollouts/service.ts';
import type { ServingService } from '../serving/service/endpoints.ts';
import type { GateFacts } from './gates.ts';

/** What releases needs to know from registry, datasets and CI. */
export interface ReleaseFacts {
  /** Everything the gates read, evaluated beside the given champion first when that was not done yet. */
  gates(
    project: string,
    model: string,
    version: number,
    champion: number | undefined,
  ): Promise<
    Omit<GateFacts, 'reachedBefore' | 'margin' | 'champion'> & {
      championSignature: GateFacts['signature'] | null;
      sd: number | null;
      parts: Record<string, unknown>;
    }
  >;
}

export interface ReleaseParts {
  database: Database;
  events: Events;
  jobs: JobWorker;
  lineage: LineageService;
  projects: ProjectsService;
  approvals: ApprovalsService;
  serving: ServingService;
  rollouts: RolloutsService;
  facts: ReleaseFacts;
  /** Moves the aliases that stand for an environment to the version that answers there now. */
  moveAliases(
    actor: Actor,
    project: string,
    model: string,
    version: number,
    environment: string,
  ): Promise<void>;
}
