import { join } from 'node:path';
import type { Actor } from '../domains/identity/schema.ts';
import { createIdentity, type IdentityService, startToken } from '../domains/identity/service.ts';
import { identityRoutes } from '../domains/identity/routes.ts';
import { lineageRoutes } from '../domains/lineage/routes.ts';
import { createLineage } from '../domains/lineage/service.ts';
import { approvalsRoutes } from '../domains/approvals/routes.ts';
import { createApprovals } from '../domains/approvals/service.ts';
import { projectsRoutes } from '../domains/projects/routes.ts';
import { createProjects } from '../domains/projects/service.ts';
import { datasetsRoutes } from '../domains/datasets/routes.ts';
import { createDatasets } from '../domains/datasets/service.ts';
import { featuresRoutes } from '../domains/features/routes.ts';
import { createFeatures } from '../domains/features/service.ts';
import { trackingRoutes } from '../domains/tracking/routes.ts';
import { createTracking } from '../domains/tracking/service.ts';
import { registryRoutes } from '../domains/registry/routes.ts';
import { createRegistry } from '../domains/registry/service.ts';
import { pipelinesRoutes } from '../domains/pipelines/routes.ts';
import { createPipelines } from '../domains/pipelines/service.ts';
import { createProcessLauncher } from '../launchers/process/launcher.ts';
import { eventsRoutes } from '../events/index.ts';
import type { Bound } from '../lib/contract/index.ts';
import type { Ground } from './ground.ts';

export interface Domains {
  identity: IdentityService;
  bound: Bound<Actor>[];
  /** Begins what the rooms do by themselves; `url` is where this server listens. */
  start(url: string): Promise<void>;
  /** Ends what the rooms started by themselves. */
  stop(): Promise<void>;
}

/** The one list of rooms, left to right; each gets the ground and the services to its left. */
export async function createDomains(ground: Ground): Promise<Domains> {
  const { config, database } = ground;
  const identity = createIdentity({
    token: startToken(config.data, config.token),
    loopback: config.loopback,
  });
  const lineage = createLineage(database);
  const projects = createProjects(database, ground.events);
  const approvals = createApprovals(database, ground.events);
  const datasets = createDatasets({ ...ground, dataFolder: config.data, lineage, projects });
  await datasets.watchSources();
  const features = createFeatures({ ...ground, lineage, datasets });
  const tracking = createTracking({
    ...ground,
    lineage,
    projects,
    defaultArtifactRoot: config.defaultArtifactRoot,
  });
  const registry = createRegistry({ ...ground, lineage, tracking });
  const urlFile = join(config.data, 'steps', 'url');
  const pipelines = createPipelines({
    ...ground,
    identity,
    lineage,
    urlFile,
    logFolder: join(config.data, 'logs', 'steps'),
    launchers: {
      process: createProcessLauncher({
        folder: join(config.data, 'steps'),
        entry: ground.entry('step'),
        urlFile,
        environment: config.environment,
      }),
    },
  });
  return {
    identity,
    bound: [
      eventsRoutes<Actor>(ground.events, ground.signals),
      identityRoutes(identity),
      lineageRoutes<Actor>(lineage),
      projectsRoutes(projects),
      approvalsRoutes(approvals),
      datasetsRoutes(datasets, ground.blobs),
      featuresRoutes(features, ground.blobs),
      trackingRoutes(tracking),
      registryRoutes(registry),
      pipelinesRoutes(pipelines),
    ].flat(),
    start: (url) => pipelines.start(url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')),
    async stop() {
      await pipelines.stop();
      datasets.stop();
    },
  };
}
