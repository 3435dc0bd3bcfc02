import type { Contract } from '../lib/contract/index.ts';
import { type Connection, patientFetch, send } from './connection.ts';
import { createTracking, type ModelVersion, type StartRun } from './mlflow.ts';
import { roomClient, type RoomClient } from './room-client.ts';
import { findSettings } from './settings.ts';
import type { TrackedRun } from './tracked-run.ts';

export interface RondoOptions {
  url?: string;
  token?: string;
  /** `default` when left out. */
  project?: string;
  /** Data folder of a server on this machine, for its URL and token. */
  data?: string;
  /** Waits while the server is restarted, instead of failing at once; inside a step always. */
  patient?: boolean;
}

class Connected {
  protected readonly connection: Connection;

  constructor(options: RondoOptions = {}) {
    this.connection = { ...findSettings(options), fetch: patientFetch(options.patient) };
  }

  get url(): string {
    return this.connection.url;
  }

  get token(): string | undefined {
    return this.connection.token;
  }

  get project(): string {
    return this.connection.project;
  }

  /** The typed client of a room's contract, in this client's project. The contract is loaded by the first call. */
  room<C extends Contract>(load: () => Promise<C>): RoomClient<C> {
    return roomClient(load, this.connection);
  }
}

/**
 * A client of a Rondo server. Finds it by `RONDO_URL` and `RONDO_TOKEN`, or by the data folder of a server on this machine;
 * inside a step it acts as that step's attempt. Every method of a room takes `{ params, query, body }` as the HTTP API has
 * them; `params.project` is filled in.
 */
export class Rondo extends Connected {
  readonly identity = this.room(
    async () => (await import('../domains/identity/contract.ts')).identityContract,
  );
  readonly lineage = this.room(async () => (await import('../domains/lineage/contract.ts')).lineageContract);
  readonly projects = this.room(
    async () => (await import('../domains/projects/contract.ts')).projectsContract,
  );
  readonly approvals = this.room(
    async () => (await import('../domains/approvals/contract.ts')).approvalsContract,
  );
  readonly datasets = this.room(
    async () => (await import('../domains/datasets/contract.ts')).datasetsContract,
  );
  readonly features = this.room(
    async () => (await import('../domains/features/contract.ts')).featuresContract,
  );
  readonly tracking = this.room(
    async () => (await import('../domains/tracking/contract.ts')).trackingContract,
  );
  readonly registry = this.room(
    async () => (await import('../domains/registry/contract.ts')).registryContract,
  );
  readonly evaluations = this.room(
    async () => (await import('../domains/registry/contract/evaluations.ts')).evaluationsContract,
  );
  readonly pipelines = this.room(
    async () => (await import('../domains/pipelines/contract.ts')).pipelinesContract,
  );
  readonly serving = this.room(async () => (await import('../domains/serving/contract.ts')).servingContract);
  readonly monitoring = this.room(
    async () => (await import('../domains/monitoring/contract.ts')).monitoringContract,
  );
  readonly rollouts = this.room(
    async () => (await import('../domains/rollouts/contract.ts')).rolloutsContract,
  );
  readonly releases = this.room(
    async () => (await import('../domains/releases/contract.ts')).releasesContract,
  );
  readonly automation = this.room(
    async () => (await import('../domains/automation/contract.ts')).automationContract,
  );
  readonly maturity = this.room(
    async () => (await import('../domains/maturity/contract.ts')).maturityContract,
  );
  readonly server = this.room(async () => (await import('../server/contract.ts')).serverContract);
  readonly events = this.room(async () => (await import('../events/contract.ts')).eventsContract);
  readonly #tracking = createTracking(this.connection);

  /** Stores bytes in the artifact store of the project; the answer names them by digest. */
  async uploadBlob(bytes: Uint8Array | Blob): Promise<{ digest: string; size: number }> {
    const path = `/api/v1/projects/${encodeURIComponent(this.project)}/blobs`;
    const response = await send(this.connection, 'POST', path, { body: bytes as BodyInit });
    return response.json() as Promise<{ digest: string; size: number }>;
  }

  /** Any request to the server, with the credentials of this client. Throws AppError for what the server refuses. */
  request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return send(this.connection, method, path, init);
  }

  /** Starts a tracked run (an MLflow run). Inside a step it is tied to that step. */
  startRun(options: StartRun): Promise<TrackedRun> {
    return this.#tracking.startRun(options);
  }

  /** Makes the next version of a registered model, and the model itself when it is new. */
  registerModel(name: string, source: { model_id: string; run_id?: string }): Promise<ModelVersion> {
    return this.#tracking.registerModel(name, source);
  }
}
