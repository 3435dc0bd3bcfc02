import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveApprovals } from '../domains/approvals/provenance.ts';
import { approvalsRoutes } from '../domains/approvals/routes.ts';
import { type ApprovalsService, createApprovals } from '../domains/approvals/service.ts';
import { EVENT_FIELDS } from '../domains/automation/event-fields.ts';
import { startAutomation } from '../domains/automation/jobs.ts';
import { resolveAutomation } from '../domains/automation/resolver.ts';
import { automationRoutes } from '../domains/automation/routes.ts';
import { createAutomation } from '../domains/automation/service.ts';
import { datasetsRoutes } from '../domains/datasets/routes.ts';
import { createDatasets } from '../domains/datasets/service.ts';
import { FILL_CHANNEL } from '../domains/features/fill.ts';
import { featuresRoutes } from '../domains/features/routes.ts';
import { createFeatures } from '../domains/features/service.ts';
import { createGate, type Gate, startToken } from '../domains/identity/gate.ts';
import { sightOf } from '../domains/identity/policy.ts';
import { identityRoutes } from '../domains/identity/routes.ts';
import type { Actor } from '../domains/identity/schema.ts';
import { createIdentity, type IdentityService } from '../domains/identity/service.ts';
import { lineageRoutes } from '../domains/lineage/routes.ts';
import { createLineage } from '../domains/lineage/service.ts';
import { startMaturity } from '../domains/maturity/jobs.ts';
import { maturityRoutes } from '../domains/maturity/routes.ts';
import { createMaturity } from '../domains/maturity/service.ts';
import { resolveMonitoring } from '../domains/monitoring/provenance.ts';
import { monitoringRoutes } from '../domains/monitoring/routes.ts';
import { createMonitoring } from '../domains/monitoring/service.ts';
import { pipelinesRoutes } from '../domains/pipelines/routes.ts';
import { createPipelines } from '../domains/pipelines/service.ts';
import { projectsRoutes } from '../domains/projects/routes.ts';
import { workspacesRoutes } from '../domains/projects/routes/workspaces.ts';
import { createWorkspaces } from '../domains/projects/service/workspaces.ts';
import { createProjects, type ProjectsService } from '../domains/projects/service.ts';
import { startTracking } from '../domains/tracking/jobs.ts';
import { startWebhooks } from '../domains/registry/jobs.ts';
import { contentsRoutes } from '../domains/registry/routes/contents.ts';
import { evaluationsRoutes } from '../domains/registry/routes/evaluations.ts';
import { modelTableRoutes } from '../domains/registry/routes/model-table.ts';
import { registryImportRoutes } from '../domains/registry/routes/import.ts';
import { registryRoutes } from '../domains/registry/routes.ts';
import { webhooksRoutes } from '../domains/registry/routes/webhooks.ts';
import { createEvaluations } from '../domains/registry/service/evaluations.ts';
import { createWebhooks } from '../domains/registry/service/webhooks.ts';
import { createRegistry, type ProtectionPort } from '../domains/registry/service.ts';
import { resolveReleases } from '../domains/releases/provenance.ts';
import { releasesRoutes } from '../domains/releases/routes.ts';
import { createReleases } from '../domains/releases/service.ts';
import { resolveRollouts } from '../domains/rollouts/provenance.ts';
import { rolloutsRoutes } from '../domains/rollouts/routes.ts';
import { createRollouts } from '../domains/rollouts/service.ts';
import { folderSegments } from '../domains/serving/folder-segments.ts';
import { createGateways } from '../domains/serving/other-gateways.ts';
import { resolveServing } from '../domains/serving/provenance.ts';
import { servingRoutes } from '../domains/serving/routes.ts';
import type { RouteTable } from '../domains/serving/schema/route.ts';
import { createServing, type ServingService } from '../domains/serving/service/endpoints.ts';
import { createLog } from '../domains/serving/service/log.ts';
import { trackingRoutes } from '../domains/tracking/routes.ts';
import { createTracking } from '../domains/tracking/service.ts';
import { eventsRoutes, type RondoEvent } from '../events/index.ts';
import { createProcessLauncher } from '../launchers/process/launcher.ts';
import type { Bound } from '../lib/contract/index.ts';
import { createOutbound } from '../lib/outbound/outbound.ts';
import { urnIn } from '../lib/urn.ts';
import { alertRecords } from './alert-records.ts';
import { automationActions } from './automation-actions.ts';
import { createEvidence } from './evidence.ts';
import { readUntil } from './feature-readers.ts';
import { forwardFeedback } from './feedback.ts';
import { holdGateway } from './gateway-holder.ts';
import type { Ground } from './ground.ts';
import { createFacts, createModels, onlineViews } from './model-facts.ts';
import { projectContents } from './project-contents.ts';
import { graphqlRoutes } from './graphql/routes.ts';
import { serverRoutes } from './routes.ts';
import { startCollections } from './storage/collect.ts';
import { keepGateway } from './replicas.ts';
import { startTicks } from './ticks.ts';

export interface Domains {
  gate: Gate;
  identity: IdentityService;
  bound: Bound<Actor>[];
  /** The server answers at `url`: work that calls it may begin. */
  start(url: string): Promise<void>;
  /** Ends what the rooms started by themselves; the gateway too, unless the next server is to take it over. */
  stop(options: { keepGateway: boolean }): Promise<void>;
}

/** What changes which tokens count, and where. Sessions are not for gateways, but their events are few. */
const TOKEN_EVENTS = [
  'token.created',
  'token.revoked',
  'user.role-set',
  'user.disabled',
  'user.enabled',
  'member.role-set',
  'member.removed',
];

/** The one list of rooms, left to right; each gets the ground and the services to its left. */
export async function createDomains(ground: Ground): Promise<Domains> {
  const { config, database, events, jobs, analytics, blobs } = ground;
  const gate = createGate({
    token: startToken(config.data, config.token),
    open: config.loopback && config.openLoopback,
  });
  const identity = createIdentity({
    database,
    events,
    gate,
    projectExists: async (name) => (await projects.find(name)) !== undefined,
  });
  const lineage = createLineage(database);
  const outbound = createOutbound(config.webhookAllow);
  const projects = createProjects(database, events, projectContents(database));
  const approvals = createApprovals(database, events);
  const gatewayFolder = join(config.data, 'gateway');
  const gateway = holdGateway(
    gatewayFolder,
    {
      entry: ground.entry('gateway-parent'),
      host: config.host,
      port: config.gatewayPort,
      artifacts: gatewayArtifacts(config),
    },
    async () => void (await gateways.claim()),
    () => keeper.wake('routes'),
  );
  const datasets = createDatasets({ ...ground, dataFolder: config.data, lineage, projects });
  const features = createFeatures({
    ...ground,
    lineage,
    datasets,
    readUntil: (project, view) => readUntil(serving, project, view),
  });
  features.attachOnline(gateway);
  const tracking = createTracking({
    ...ground,
    lineage,
    projects,
    defaultArtifactRoot: config.defaultArtifactRoot,
  });
  const registry = createRegistry({
    ...ground,
    lineage,
    tracking,
    protection: protectAliases(projects, approvals),
  });
  const webhooks = createWebhooks({ database, outbound, tracking });
  const models = createModels({ blobs, registry, features });
  const evaluations = createEvaluations({
    ...ground,
    lineage,
    projects,
    model: models.scorable,
    async dataset(project, name, version) {
      const found = await datasets.getVersion(project, name, version);
      return { digest: found.digest, parts: found.parts.map((part) => part.digest) };
    },
    entry: ground.entry('evaluate'),
    folder: join(config.data, 'evaluations'),
  });
  const urlFile = join(config.data, 'steps', 'url');
  const pipelines = createPipelines({
    ...ground,
    gate,
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
  const serving: ServingService = createServing({
    database,
    events,
    lineage,
    projects,
    approvals,
    models: models.port,
    gateway: { url: gateway.url, putRoutes },
    views: async (project, routes) => onlineViews(features, project, routes),
    async admission() {
      return { grants: await identity.grants(), closed: !config.openLoopback };
    },
  });
  /** Values come before the routes that read them, unless they cannot be had now: traffic can be changed all the same. */
  async function putRoutes(table: RouteTable): Promise<void> {
    read = table.views;
    await features.fill(read).catch((error: unknown) => {
      ground.report({ level: 'warn', features: String(error) });
      keeper.wake('values');
    });
    await gateway.putRoutes(table);
  }
  let read: RouteTable['views'] = [];
  const gateways = createGateways({ ...ground, folder: gatewayFolder, collect: () => log.collect() });
  const log = createLog({ ...ground, segments: gateway, gateways });
  const facts = createFacts({
    ...ground,
    lineage,
    projects,
    datasets,
    features,
    registry,
    evaluations,
    serving,
    ci: async (project, commit) => maturity.outcomeOf(project, commit),
  });
  const monitoring = createMonitoring({
    ...ground,
    serving,
    log,
    facts: facts.monitoring,
    records: (project, endpoint) => alertRecords({ rollouts, serving }, project, endpoint),
    evaluationEntry: ground.entry('evaluate'),
    folder: config.data,
  });
  const rollouts = createRollouts({ database, events, jobs, analytics, lineage, serving, log });
  const releases = createReleases({
    database,
    events,
    jobs,
    lineage,
    projects,
    approvals,
    serving,
    rollouts,
    facts: facts.release,
    async moveAliases(actor, project, model, version, environment) {
      const { protected_aliases } = await projects.get(project);
      for (const [alias, stands] of Object.entries(protected_aliases)) {
        if (stands === environment) await registry.moveAlias(actor, project, model, alias, version);
      }
    },
  });
  const automationParts = {
    database,
    outbound,
    events,
    projects,
    approvals,
    lineage,
    actions: automationActions({ datasets, pipelines, serving, releases }),
    fields: EVENT_FIELDS,
  };
  const automation = createAutomation(automationParts);
  const evidence = createEvidence({
    lineage,
    projects,
    datasets,
    features,
    tracking,
    registry,
    evaluations,
    pipelines,
    serving,
    monitoring,
    rollouts,
    releases,
    automation,
  });
  const maturity = createMaturity({ database, events, projects, evidence });
  resolveApprovals(database, lineage);
  resolveServing(database, lineage, log);
  resolveMonitoring(database, lineage);
  resolveRollouts(database, lineage);
  resolveReleases(database, lineage);
  resolveAutomation(database, lineage);

  subscribe('monitoring', { 'predictions.settled': monitoring.onSettled });
  subscribe('rollouts', { 'predictions.settled': rollouts.onSettled });
  subscribe('releases', {
    'approval.requested': releases.onApprovalRequested,
    'approval.decided': releases.onApprovalDecided,
    'rollout.decided': releases.onRolloutDecided,
  });
  // A gateway that is open to its machine asks for no token, so it need not hear of them.
  if (!config.loopback || !config.openLoopback)
    subscribe(
      'gateway-tokens',
      Object.fromEntries(TOKEN_EVENTS.map((type) => [type, () => serving.pushRoutes()])),
    );
  const trackingTasks = startTracking(tracking, ground);
  startWebhooks(webhooks, ground);
  startAutomation(automation, automationParts, ground);
  startMaturity(maturity, ground);

  function subscribe(name: string, handlers: Record<string, (event: RondoEvent) => Promise<void>>): void {
    ground.subscriptions.add({
      name,
      types: Object.keys(handlers),
      handle: async (event) => handlers[event.type]?.(event),
    });
  }

  const ticks = startTicks({ ...ground, log, serving });
  const collections = startCollections(ground);
  const keeper = await keepGateway(
    ground,
    { routes: serving.pushRoutes, values: () => features.fill(read) },
    FILL_CHANNEL,
  );
  const mlflow = [trackingRoutes(tracking), registryRoutes(registry)];
  return {
    gate,
    identity,
    bound: [
      eventsRoutes<Actor>(ground.events, ground.signals, (actor) => ({
        view: sightOf(actor, 'view'),
        administer: sightOf(actor, 'admin'),
      })),
      serverRoutes<Actor>(ground, gateway.url, [
        async (project) =>
          (await pipelines.active(project)).map((run) => `run ${run.number} of ${run.pipeline}`),
      ]),
      identityRoutes(identity),
      lineageRoutes(lineage),
      projectsRoutes(projects),
      workspacesRoutes(createWorkspaces(projects)),
      approvalsRoutes(approvals),
      datasetsRoutes(datasets, blobs),
      featuresRoutes(features, blobs),
      ...mlflow,
      graphqlRoutes(mlflow.flat()),
      contentsRoutes(registry),
      registryImportRoutes(registry),
      webhooksRoutes(webhooks),
      evaluationsRoutes(evaluations),
      modelTableRoutes(registry),
      pipelinesRoutes(pipelines),
      servingRoutes(serving, log, forwardFeedback(gateway.url, gate.startToken)),
      monitoringRoutes(monitoring),
      rolloutsRoutes(rollouts),
      releasesRoutes(releases),
      automationRoutes(automation),
      maturityRoutes(maturity),
    ].flat(),
    async start(url) {
      await gateways.start();
      await pipelines.start(url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'));
      void gateway
        .ready()
        .catch((error: unknown) => ground.report({ level: 'error', gateway: String(error) }));
      await datasets.watchSources();
    },
    async stop({ keepGateway }) {
      gateways.interrupt();
      await ticks.stop();
      await trackingTasks.stop();
      collections.stop();
      keeper.stop();
      datasets.stop();
      await pipelines.stop();
      if (keepGateway) gateway.leave();
      else await gateway.stop();
      await gateways.stop(keepGateway || !(await importLeft()));
    },
  };

  /** A replica that ends for good leaves nothing behind that only it could import. */
  async function importLeft(): Promise<boolean> {
    if (database.capabilities.engine === 'sqlite') return true;
    try {
      await log.importLeft(folderSegments(gatewayFolder));
      return true;
    } catch (error) {
      ground.report({ level: 'warn', log: String(error) });
      return false;
    }
  }
}

/** The gateway takes a folder or an `s3:` address. */
function gatewayArtifacts({ artifactsUrl, data }: Ground['config']): string {
  if (artifactsUrl === undefined) return join(data, 'artifacts');
  return artifactsUrl.startsWith('file:') ? fileURLToPath(artifactsUrl) : artifactsUrl;
}

/** Aliases that rondo.yaml ties to an environment move by promotion only. */
function protectAliases(projects: ProjectsService, approvals: ApprovalsService): ProtectionPort {
  return {
    async protects(project, name) {
      const file = await projects.find(project);
      const environment =
        'alias' in name
          ? file?.protected_aliases[name.alias]
          : name.stage === 'Production'
            ? file?.environments.findLast((each) => each.protected)?.name
            : undefined;
      if (environment === undefined) return 'free';
      return {
        async request(tx, actor, change) {
          const filed = await approvals.request(tx, actor, {
            project,
            kind: 'promotion',
            subject: urnIn(project, 'model', change.model),
            digest: change.digest ?? `${change.model}/${change.version}`,
            title: `Promote ${change.model} v${change.version} to ${environment}`,
            payload: { alias: { ...change, environment } },
            state: 'checking',
          });
          return filed.id;
        },
      };
    },
  };
}
