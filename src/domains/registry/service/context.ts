import type { BlobStore } from '../../../artifacts/index.ts';
import type { Database, Reader, Tx } from '../../../database/index.ts';
import type { Events } from '../../../events/index.ts';
import { urnIn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import type { LineageService } from '../../lineage/service.ts';
import type { TrackingService } from '../../tracking/service.ts';
import { absent, badParameter, guarded } from '../errors.ts';
import { nameFault, type ProtectedChange } from '../policy.ts';
import type { Stage } from '../schema.ts';
import { findModel, type ModelRow, type VersionRow } from '../store/models.ts';
import { findVersion } from '../store/versions.ts';

/** `free`, or the way to ask for the change instead of making it; `request` returns the number of the promotion request. */
export type Protection = 'free' | { request(tx: Tx, actor: Actor, change: ProtectedChange): Promise<number> };

/** Says which aliases and stages only a promotion may move. Given by the composition root. */
export interface ProtectionPort {
  protects(project: string, name: { alias: string } | { stage: Stage }): Promise<Protection>;
}

const UNPROTECTED: ProtectionPort = { protects: async () => 'free' };

export interface RegistryGround {
  database: Database;
  events: Events;
  blobs: BlobStore;
  lineage: LineageService;
  tracking: TrackingService;
  protection?: ProtectionPort;
}

/** What the verbs of this room share. */
export class RegistryContext {
  readonly ground: RegistryGround;
  readonly database: Database;
  readonly #protection: ProtectionPort;

  constructor(ground: RegistryGround) {
    this.ground = ground;
    this.database = ground.database;
    this.#protection = ground.protection ?? UNPROTECTED;
  }

  async model(reader: Reader, project: string, name: string): Promise<ModelRow> {
    const fault = nameFault(name);
    if (fault) throw badParameter(fault);
    const row = await findModel(reader, project, name.normalize('NFC'));
    if (row) return row;
    throw absent(`Registered Model with name=${name} not found`);
  }

  async version(
    reader: Reader,
    project: string,
    name: string,
    version: string | number,
  ): Promise<{ model: ModelRow; row: VersionRow }> {
    const fault = nameFault(name);
    if (fault) throw badParameter(fault);
    const number = versionNumber(version);
    const model = await findModel(reader, project, name.normalize('NFC'));
    const row = model && (await findVersion(reader, model.id, number));
    if (model && row) return { model, row };
    throw absent(`Model Version (name=${name}, version=${version}) not found`);
  }

  /** Files the wish as a promotion request and refuses it, when the name is protected. */
  async assertFree(
    actor: Actor,
    name: { alias: string } | { stage: Stage },
    change: Omit<ProtectedChange, 'alias' | 'stage'>,
  ): Promise<void> {
    const protection = await this.#protection.protects(change.project, name);
    if (protection === 'free') return;
    // The request is committed by itself: the refusal that follows undoes nothing.
    const id = await this.database.write((tx) => protection.request(tx, actor, { ...change, ...name }));
    throw guarded('alias' in name ? `alias '${name.alias}'` : `stage '${name.stage}'`, id);
  }

  /** Writes a fact about a model or prompt, or about the version that `data` names. */
  async tellOf(
    tx: Tx,
    { project, name, is_prompt }: Pick<ModelRow, 'project' | 'name' | 'is_prompt'>,
    what: string,
    data: Record<string, unknown> & { version?: number },
  ): Promise<void> {
    const subject =
      data.version === undefined
        ? urnIn(project, 'model', name)
        : urnIn(project, 'model-version', name, data.version);
    const type = `${is_prompt === 1 ? 'prompt' : 'model'}.${what}`;
    await this.ground.events.append(tx, {
      type,
      source: 'registry',
      subject,
      project,
      data: { name, ...data },
    });
  }
}

export function versionNumber(version: string | number): number {
  const text = String(version);
  if (/^\s*\d{1,15}\s*$/.test(text)) return Number(text);
  throw badParameter(`Parameter 'version' must be an integer, got '${text.slice(0, 100)}'.`);
}
