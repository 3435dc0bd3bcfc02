import { createHash } from 'node:crypto';
import type { Database, Tx } from '../../../database/index.ts';
import type { Events } from '../../../events/index.ts';
import type { Need } from '../../../lib/contract/index.ts';
import { AppError, toAppError } from '../../../lib/errors.ts';
import { urn, urnIn } from '../../../lib/urn.ts';
import type { ApprovalsService } from '../../approvals/service.ts';
import { allows, mayIn, refuse } from '../../identity/policy.ts';
import type { Actor } from '../../identity/schema.ts';
import type { LineageService } from '../../lineage/service.ts';
import type { ProjectsService } from '../../projects/service.ts';
import { predictionUnknown, SERVING_ERRORS } from '../errors.ts';
import { endpointLead } from '../lead.ts';
import type {
  Arm,
  Cause,
  Change,
  ChangeOutcome,
  Deployment,
  Endpoint,
  TrafficRevision,
} from '../schema/control.ts';
import { parsePredictionId, type RouteTable } from '../schema/route.ts';
import {
  type DeploymentPlan,
  type DeploymentRow,
  type EndpointRow,
  findEndpoint,
  insertDeployment,
  insertRevision,
  listDeployments,
  listEndpoints,
  listRevisions,
  newestRevision,
  nextRevision,
  nextTableRevision,
  saveEndpoint,
  setRevisionState,
  supersede,
} from '../store/endpoints.ts';
import { summary } from '../store/parts.ts';
import { afterDeploy, championOf, rollbackTarget, withoutCandidate } from '../traffic.ts';

/** What serving needs of a model version: its file, its signature, and how a request becomes its vector. */
export interface ModelPort {
  plan(project: string, model: string, version: number): Promise<DeploymentPlan>;
}

/** The data plane as the control plane sees it. */
export interface GatewayPort {
  /** Loads, warms up and switches; settles when the table is live, throws and keeps the old one when it cannot be. */
  putRoutes(table: RouteTable): Promise<void>;
  url(): string;
}

export interface ServingService {
  list(project?: string): Promise<Endpoint[]>;
  get(name: string): Promise<Endpoint>;
  revisions(name: string): Promise<TrafficRevision[]>;
  deployments(name: string): Promise<Deployment[]>;
  /** Applies the change, or files a promotion request when the environment is protected. */
  change(actor: Actor, project: string, change: Change): Promise<ChangeOutcome>;
  /** For `releases` and what runs under a promotion; no route reaches it. */
  applyPromoted(
    actor: Actor,
    project: string,
    change: Change,
    cause: Pick<Cause, 'kind' | 'note' | 'of'>,
  ): Promise<Endpoint>;
  /** Tells the gateway what should be live; called at start and when the gateway was replaced. */
  pushRoutes(): Promise<void>;
  deploymentOf(endpoint: string, number: number): Promise<DeploymentRow | undefined>;
  /** Throws for predictions of endpoints in projects where the actor may not; as for unknown ones, so that none is betrayed. */
  assertMay(actor: Actor, need: Need, predictionIds: readonly string[]): Promise<void>;
}

export interface ServingParts {
  database: Database;
  events: Events;
  lineage: LineageService;
  projects: ProjectsService;
  approvals: ApprovalsService;
  models: ModelPort;
  gateway: GatewayPort;
  /** Views that these services read online, with how long to keep their rows. */
  views(
    project: string,
    services: readonly NonNullable<DeploymentPlan['feature_service']>[],
  ): Promise<RouteTable['views']>;
  /** The tokens that gateways accept, and whether they ask for one on loopback too. */
  admission(): Promise<Pick<RouteTable, 'grants' | 'closed'>>;
}

/** The digest that an approval of this change is bound to. */
export const changeDigest = (change: Change, modelDigest: string): string =>
  createHash('sha256')
    .update(JSON.stringify([change, modelDigest]))
    .digest('hex');

export function createServing(parts: ServingParts): ServingService {
  const { database, events, lineage, projects, approvals, models, gateway } = parts;
  let pushing: Promise<unknown> = Promise.resolve();

  /** Changes of traffic run one after another, so that two cannot push tables over each other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = pushing.then(work, work);
    pushing = next.catch(() => {});
    return next;
  }

  async function mustFind(name: string): Promise<EndpointRow> {
    const row = await findEndpoint(database.read, name);
    if (row) return row;
    throw new AppError(SERVING_ERRORS.ENDPOINT_UNKNOWN, `There is no endpoint '${name}'.`);
  }

  async function toEndpoint(row: EndpointRow): Promise<Endpoint> {
    const live = await newestRevision(database.read, row.name, 'live');
    const environment = (await projects.find(row.project))?.environments.find(
      (each) => each.name === row.environment,
    );
    const arms = live?.arms ?? [];
    return {
      ...row,
      protected: environment?.protected ?? false,
      arms,
      ...(await summary(database.read, row.name)),
      url: `${gateway.url()}/endpoints/${row.name}/invocations`,
      lead: endpointLead(row, arms),
    };
  }

  /** The table of everything live, with one endpoint's arms replaced when they are about to change. */
  async function table(change?: { endpoint: EndpointRow; arms: Arm[] }): Promise<RouteTable> {
    // Before what it holds is read, so that a later revision never holds older routes.
    const revision = await database.write((tx) => nextTableRevision(tx, database.capabilities));
    const rows = await listEndpoints(database.read);
    const all = change ? [...rows.filter((row) => row.name !== change.endpoint.name), change.endpoint] : rows;
    const endpoints: RouteTable['endpoints'] = [];
    const views = new Map<string, RouteTable['views'][number]>();
    for (const row of all) {
      const arms =
        change?.endpoint.name === row.name
          ? change.arms
          : ((await newestRevision(database.read, row.name, 'live'))?.arms ?? []);
      const plans = new Map(
        (await listDeployments(database.read, row.name)).map((deployment) => [
          deployment.number,
          deployment.route,
        ]),
      );
      const champion = championOf(arms);
      if (!champion) continue;
      endpoints.push({
        project: row.project,
        name: row.name,
        environment: row.environment,
        log: row.log,
        sticky: row.unit,
        seed: row.name,
        request: plans.get(champion.deployment)?.request ?? [],
        deployments: arms.map((arm) => {
          const plan = plans.get(arm.deployment) as DeploymentPlan;
          return {
            id: arm.deployment,
            arm: arm.arm,
            weight: arm.weight,
            shadow: arm.shadow,
            model: plan.model,
            signature: plan.signature,
            feature_service: plan.feature_service,
          };
        }),
      });
    }
    for (const endpoint of endpoints) {
      const services = endpoint.deployments.flatMap((deployment) => deployment.feature_service ?? []);
      for (const view of await parts.views(endpoint.project, services))
        views.set(`${view.project}/${view.view}@${view.version}`, view);
    }
    return { revision, endpoints, views: [...views.values()], ...(await parts.admission()) };
  }

  async function endpointFor(tx: Tx, project: string, change: Change, actor: Actor): Promise<EndpointRow> {
    const found = await findEndpoint(tx, change.endpoint);
    if (found && found.project !== project) {
      throw new AppError(
        SERVING_ERRORS.ENDPOINT_ELSEWHERE,
        mayIn(actor, 'view', found.project)
          ? `Endpoint '${found.name}' belongs to project '${found.project}'.`
          : `The name '${found.name}' is taken by an endpoint of another project.`,
      );
    }
    if (change.kind !== 'deploy') {
      if (!found)
        throw new AppError(SERVING_ERRORS.ENDPOINT_UNKNOWN, `There is no endpoint '${change.endpoint}'.`);
      return found;
    }
    if (found && found.environment !== change.deploy.environment) {
      throw new AppError(
        SERVING_ERRORS.ENDPOINT_ELSEWHERE,
        `Endpoint '${found.name}' is in ${found.environment}, not in ${change.deploy.environment}.`,
      );
    }
    const now = Date.now();
    const row: EndpointRow = {
      name: change.endpoint,
      project,
      environment: change.deploy.environment,
      revision: found?.revision ?? 0,
      created_at: found?.created_at ?? now,
      updated_at: now,
      unit: change.deploy.unit === undefined ? (found?.unit ?? null) : change.deploy.unit,
      log: change.deploy.log ?? found?.log ?? 'answer',
    };
    if (!found) {
      await events.append(tx, {
        type: 'endpoint.created',
        source: 'serving',
        subject: urn('endpoint', row.name),
        project,
        data: { environment: row.environment, by: actor.name },
      });
    }
    return row;
  }

  /** Number of the deployment of this version at this endpoint; a version keeps its number when it comes back. */
  async function deploymentNumber(
    tx: Tx,
    project: string,
    actor: Actor,
    change: Extract<Change, { kind: 'deploy' }>,
    plan: DeploymentPlan,
  ): Promise<number> {
    const known = await listDeployments(tx, change.endpoint);
    const { model, version } = change.deploy;
    const same = known.find(
      (row) => row.model === model && row.version === version && row.digest === plan.model.digest,
    );
    if (same) return same.number;
    const number = known.length + 1;
    await insertDeployment(tx, {
      endpoint: change.endpoint,
      number,
      project,
      model,
      version,
      digest: plan.model.digest,
      route: plan,
      created_by: actor.name,
      created_at: Date.now(),
    });
    const deployment = urn('deployment', change.endpoint, number);
    await lineage.link(tx, project, deployment, 'uses', urnIn(project, 'model-version', model, version));
    await lineage.link(tx, project, deployment, 'part-of', urn('endpoint', change.endpoint));
    return number;
  }

  async function apply(actor: Actor, project: string, change: Change, cause: Cause): Promise<Endpoint> {
    const plan =
      change.kind === 'deploy'
        ? await models.plan(project, change.deploy.model, change.deploy.version)
        : undefined;
    const { row, arms, revision } = await database.write(async (tx) => {
      const row = await endpointFor(tx, project, change, actor);
      const current = (await newestRevision(tx, row.name, 'live'))?.arms ?? [];
      const arms = await armsAfter(tx, row, current, plan);
      const revision = await nextRevision(tx, row.name);
      await saveEndpoint(tx, { ...row, updated_at: Date.now() });
      await insertRevision(tx, row.name, { revision, arms, cause, state: 'applying' });
      return { row, arms, revision };
    });
    try {
      await gateway.putRoutes(await table({ endpoint: row, arms }));
    } catch (error) {
      await database.write((tx) =>
        setRevisionState(tx, row.name, revision, 'failed', toAppError(error).message),
      );
      throw error;
    }
    await database.write(async (tx) => {
      await supersede(tx, row.name, revision);
      await setRevisionState(tx, row.name, revision, 'live', null);
      await saveEndpoint(tx, { ...row, revision, updated_at: Date.now() });
      await events.append(tx, {
        type: 'traffic.changed',
        source: 'serving',
        subject: urn('endpoint', row.name),
        project,
        data: { endpoint: row.name, environment: row.environment, revision, arms, cause },
      });
    });
    return toEndpoint({ ...row, revision });

    async function armsAfter(
      tx: Tx,
      endpoint: EndpointRow,
      current: Arm[],
      planned: DeploymentPlan | undefined,
    ): Promise<Arm[]> {
      if (change.kind === 'retire-candidate') return withoutCandidate(current);
      if (change.kind === 'rollback')
        return rollbackTarget(await listRevisions(tx, endpoint.name), current, change.to);
      return afterDeploy(
        current,
        change.deploy,
        await deploymentNumber(tx, project, actor, change, planned as DeploymentPlan),
      );
    }
  }

  /** Whether this change needs a promotion: its environment is protected, and it is not the way back. */
  async function isProtected(project: string, change: Change): Promise<boolean> {
    if (change.kind === 'rollback') return false;
    const name =
      change.kind === 'deploy' ? change.deploy.environment : (await mustFind(change.endpoint)).environment;
    return (await projects.environment(project, name)).protected;
  }

  return {
    list: async (project) => Promise.all((await listEndpoints(database.read, project)).map(toEndpoint)),
    get: async (name) => toEndpoint(await mustFind(name)),
    revisions: async (name) => listRevisions(database.read, (await mustFind(name)).name),
    async deployments(name) {
      const rows = await listDeployments(database.read, (await mustFind(name)).name);
      return rows.map(({ route: _, project: __, ...row }) => row);
    },
    async deploymentOf(endpoint, number) {
      return (await listDeployments(database.read, endpoint)).find((row) => row.number === number);
    },
    async change(actor, project, change) {
      if (!(await isProtected(project, change))) {
        const kind =
          change.kind === 'deploy' ? 'deploy' : change.kind === 'rollback' ? 'rollback' : 'traffic';
        const note = change.kind === 'deploy' ? change.deploy.note : '';
        return {
          status: 'applied',
          endpoint: await inTurn(() =>
            apply(actor, project, change, { kind, by: actor.name, note, of: null }),
          ),
        };
      }
      const plan =
        change.kind === 'deploy'
          ? await models.plan(project, change.deploy.model, change.deploy.version)
          : undefined;
      const approval = await database.write((tx) =>
        approvals.request(tx, actor, {
          project,
          kind: 'promotion',
          subject: urn('endpoint', change.endpoint),
          digest: changeDigest(change, plan?.model.digest ?? ''),
          title: titleOf(change),
          payload: { change },
          state: 'checking',
        }),
      );
      const message = `The environment of '${change.endpoint}' is protected; promotion request ${approval.id} was opened.`;
      return { status: 'requested', approval: approval.id, message };
    },
    applyPromoted: (actor, project, change, cause) =>
      inTurn(() => apply(actor, project, change, { ...cause, by: actor.name })),
    pushRoutes: () => inTurn(async () => gateway.putRoutes(await table())),
    async assertMay(actor, need, predictionIds) {
      const names = new Set(predictionIds.map((id) => parsePredictionId(id)?.endpoint ?? ''));
      for (const name of names) {
        const row = await findEndpoint(database.read, name);
        if (!row || allows(actor, need, { project: row.project })) continue;
        if (mayIn(actor, 'view', row.project)) throw refuse(actor, need, { project: row.project });
        const [id = ''] = predictionIds.filter((each) => parsePredictionId(each)?.endpoint === name);
        throw predictionUnknown(id);
      }
    },
  };
}

function titleOf(change: Change): string {
  if (change.kind !== 'deploy') return `Stop the candidate of ${change.endpoint}`;
  const { model, version, traffic, shadow, environment } = change.deploy;
  const share = shadow
    ? 'as shadow'
    : traffic === 1
      ? ''
      : `with ${Math.round(traffic * 100)}% of the traffic`;
  return `Promote ${model} v${version} to ${environment} ${share}`.trim();
}
