import { conflict, invalid } from '../../../lib/errors.ts';
import type { Model, OnnxOptions } from '../../../runtimes/onnx/index.ts';
import type { OnlineStore } from '../../features/gateway/index.ts';
import { type DeploymentRoute, type EndpointRoute, RouteTable } from '../schema/route.ts';
import { LiveDeployment, loadModel } from './deployment.ts';
import { LiveEndpoint } from './endpoint.ts';
import type { Admission } from './guard.ts';
import type { Keys } from './keys.ts';
import type { PredictionLog } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface ServingParts {
  log: PredictionLog;
  store: OnlineStore;
  keys: Keys;
  metrics: Metrics;
  readBlob(digest: string): Promise<Uint8Array>;
  onnx?: OnnxOptions;
}

/** What is live: endpoints by name, and the tokens that may use them. */
export class Routes {
  private readonly parts: ServingParts;
  private table: RouteTable = { revision: 0, endpoints: [], views: [], grants: [], closed: false };
  private endpoints = new Map<string, LiveEndpoint>();
  private models = new Map<string, Model>();
  private turn: Promise<unknown> = Promise.resolve();
  private readonly listeners: (() => void)[] = [];

  constructor(parts: ServingParts) {
    this.parts = parts;
  }

  get revision(): number {
    return this.table.revision;
  }

  get admission(): Admission {
    return this.table;
  }

  list(): LiveEndpoint[] {
    return [...this.endpoints.values()];
  }

  find(name: string): LiveEndpoint | undefined {
    return this.endpoints.get(name);
  }

  /** Called after every switch. */
  onSwitch(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Loads, verifies and warms up what is new, then switches everything at once; what was replaced finishes its queue and is freed.
   * Throws 400, 409 (older revision) or 422 (something cannot be served), and then nothing has changed.
   */
  apply(input: unknown): Promise<void> {
    const done = this.turn.then(() => this.replace(input));
    this.turn = done.catch(() => {});
    return done;
  }

  /** Waits for all queues and frees all models. */
  async close(): Promise<void> {
    await this.turn;
    await retire(this.list(), this.models.values());
  }

  private async replace(input: unknown): Promise<void> {
    const parsed = RouteTable.safeParse(input);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw invalid(`The route table is not usable: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    }
    const table = parsed.data;
    if (table.revision < this.table.revision) {
      throw conflict(
        `Routes of revision ${table.revision} are older than revision ${this.table.revision}, which is live.`,
      );
    }
    const names = table.endpoints.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw invalid(`The route table names endpoint ${twice} twice.`);
    const models = new Map<string, Model>();
    const endpoints = new Map<string, LiveEndpoint>();
    try {
      for (const route of table.endpoints) endpoints.set(route.name, await this.build(route, models));
    } catch (error) {
      for (const [key, model] of models) if (!this.models.has(key)) await model.close();
      throw error;
    }
    this.switchTo(table, endpoints, models);
  }

  private async build(route: EndpointRoute, models: Map<string, Model>): Promise<LiveEndpoint> {
    const { log, metrics, store, keys } = this.parts;
    const deployments: LiveDeployment[] = [];
    for (const deployment of route.deployments) {
      const key = modelKey(deployment);
      let model = models.get(key) ?? this.models.get(key);
      model ??= await loadModel(deployment, this.parts.readBlob, this.parts.onnx ?? {});
      models.set(key, model);
      const counters = metrics.deployment(route.name, deployment.id);
      deployments.push(new LiveDeployment(route, deployment, model, log, counters));
    }
    if (new Set(deployments.map(({ route: { id } }) => id)).size < deployments.length) {
      throw invalid(`Endpoint ${route.name} names a deployment twice.`);
    }
    return new LiveEndpoint(route, deployments, store, keys, log);
  }

  private switchTo(
    table: RouteTable,
    endpoints: Map<string, LiveEndpoint>,
    models: Map<string, Model>,
  ): void {
    const { log, store } = this.parts;
    const old = this.list();
    const unused = [...this.models].filter(([key]) => !models.has(key)).map(([, model]) => model);
    for (const { route, deployments } of old)
      for (const {
        route: { id },
      } of deployments)
        log.forget(route.name, id);
    for (const { route } of endpoints.values())
      for (const each of route.deployments) log.describe(describe(route, each, table.revision));
    for (const { project, view, version, keep_ms } of table.views)
      store.keep(project, view, version, keep_ms);
    this.table = table;
    this.endpoints = endpoints;
    this.models = models;
    for (const listener of this.listeners) listener();
    void retire(old, unused);
  }
}

async function retire(endpoints: readonly LiveEndpoint[], models: Iterable<Model>): Promise<void> {
  await Promise.all(endpoints.flatMap(({ deployments }) => deployments.map((live) => live.drained())));
  for (const model of models) await model.close();
}

const modelKey = ({ model, signature }: DeploymentRoute) =>
  `${model.flavor} ${model.digest} ${JSON.stringify(signature)}`;

function describe(endpoint: EndpointRoute, route: DeploymentRoute, revision: number) {
  const service = route.feature_service;
  return {
    kind: 'deployment' as const,
    project: endpoint.project,
    endpoint: endpoint.name,
    environment: endpoint.environment,
    deployment: route.id,
    arm: route.arm,
    model: route.model.name,
    model_version: route.model.version,
    model_digest: route.model.digest,
    feature_service: service ? `${service.name}@${service.version}` : null,
    request: endpoint.request.map(({ name }) => name),
    vector: route.signature.inputs.map(({ name }) => name),
    output: route.signature.outputs.map(({ name }, i) => name ?? `output${i}`),
    revision,
  };
}
