import { approvalsContract } from '../domains/approvals/contract.ts';
import { identityContract } from '../domains/identity/contract.ts';
import { lineageContract } from '../domains/lineage/contract.ts';
import { automationContract } from '../domains/automation/contract.ts';
import { datasetsContract } from '../domains/datasets/contract.ts';
import { featuresContract } from '../domains/features/contract.ts';
import { maturityContract } from '../domains/maturity/contract.ts';
import { monitoringContract } from '../domains/monitoring/contract.ts';
import { evaluationsContract } from '../domains/registry/contract/evaluations.ts';
import { releasesContract } from '../domains/releases/contract.ts';
import { rolloutsContract } from '../domains/rollouts/contract.ts';
import { servingContract } from '../domains/serving/contract.ts';
import { serverContract } from '../server/contract.ts';
import { pipelinesContract } from '../domains/pipelines/contract.ts';
import { projectsContract } from '../domains/projects/contract.ts';
import { registryContract } from '../domains/registry/contract.ts';
import { trackingContract } from '../domains/tracking/contract.ts';
import { eventsContract } from '../events/contract.ts';
import type { Contract } from '../lib/contract/index.ts';
import { type Connection, patient, send } from './connection.ts';
import { createTracking, type ModelVersion, type StartRun, type TrackedRun } from './mlflow.ts';
import { roomClient, type RoomClient } from './room-client.ts';
import { findSettings } from './settings.ts';

export interface RondoOptions {
  url?: string;
  token?: string;
  /** `default` when left out. */
  project?: string;
  /** Data folder of a server on this machine, for its URL and token. */
  data?: string;
}

class Connected {
  protected readonly connection: Connection;

  constructor(options: RondoOptions = {}) {
    this.connection = findSettings(options);
  }

  get url(): string {
    return this.connection.url;
  }

  get project(): string {
    return this.connection.project;
  }

  /** The typed client of any contract, in this client's project. */
  room<C extends Contract>(contract: C): RoomClient<C> {
    return roomClient(contract, { ...this.connection, fetch: patient });
  }
}

/**
 * A client of a Rondo server. Finds it by `RONDO_URL` and `RONDO_TOKEN`, or by the data folder of a server on this machine;
 * inside a step it acts as that step's attempt. Every method of a room takes `{ params, query, body }` as the HTTP API has
 * them; `params.project` is filled in.
 */
export class Rondo extends Connected {
  readonly identity = this.room(identityContract);
  readonly lineage = this.room(lineageContract);
  readonly projects = this.room(projectsContract);
  readonly approvals = this.room(approvalsContract);
  readonly datasets = this.room(datasetsContract);
  readonly features = this.room(featuresContract);
  readonly tracking = this.room(trackingContract);
  readonly registry = this.room(registryContract);
  readonly evaluations = this.room(evaluationsContract);
  readonly pipelines = this.room(pipelinesContract);
  readonly serving = this.room(servingContract);
  readonly monitoring = this.room(monitoringContract);
  readonly rollouts = this.room(rolloutsContract);
  readonly releases = this.room(releasesContract);
  readonly automation = this.room(automationContract);
  readonly maturity = this.room(maturityContract);
  readonly server = this.room(serverContract);
  readonly events = this.room(eventsContract);
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
