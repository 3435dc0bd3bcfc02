import type { z } from 'zod';
import { projectsContract } from '../../domains/projects/contract.ts';
import { workspacesContract } from '../../domains/projects/contract/workspaces.ts';
import { registryImportContract } from '../../domains/registry/contract/import.ts';
import { artifactsContract } from '../../domains/tracking/contract/artifacts.ts';
import { IMPORT_BATCH, importContract } from '../../domains/tracking/contract/import.ts';
import type { PlacedOutcome, RunDigest } from '../../domains/tracking/schema/import.ts';
import type { CommandContext } from '../../lib/command.ts';
import type { Client } from '../../lib/contract/index.ts';
import { AppError } from '../../lib/errors.ts';
import { retry } from '../../lib/retry.ts';

const contract = {
  ...importContract,
  ...registryImportContract,
  upload: artifactsContract.uploadArtifact,
  getProject: projectsContract.getProject,
  createWorkspace: workspacesContract.createWorkspace,
};
const ATTEMPTS = 14;
const DIGESTS_AT_ONCE = 50;
/** Answers that are about what was sent, not about who sends or to where. */
const REFUSALS = new Set([400, 413, 422]);

type Verbs = Client<typeof contract>;
type Bodied = Exclude<keyof Verbs, 'upload' | 'getProject' | 'createWorkspace'>;
type Sent<K extends Bodied> = z.input<(typeof contract)[K]['body'] & z.ZodType>;
type Answered<K extends Bodied> = z.output<(typeof contract)[K]['response']>;

/** The Rondo that things are brought to. A server that is away for some seconds, or restarts, is waited for. */
export class Target {
  readonly project: string;
  readonly #client: Verbs;

  constructor(context: CommandContext, project: string) {
    this.project = project;
    this.#client = context.client(contract, project);
  }

  /** Makes the project where it is not there. */
  async prepare(): Promise<void> {
    const given = { params: { project: this.project } };
    const missing = (error: unknown) => error instanceof AppError && error.status === 404;
    const found = await patiently(() => this.#client.getProject(given)).catch((error: unknown) => {
      if (!missing(error)) throw error;
      return undefined;
    });
    if (!found) await patiently(() => this.#client.createWorkspace({ body: { name: this.project } }));
  }

  send<K extends Bodied>(verb: K, body: Sent<K>): Promise<Answered<K>> {
    const call = this.#client[verb] as unknown as (args: unknown) => Promise<Answered<K>>;
    return patiently(() => call({ params: { project: this.project }, body }));
  }

  /** Throws when nobody answers there, or not to this token. */
  async reach(): Promise<void> {
    await this.#client.importDigests({ params: { project: this.project }, body: { run_ids: [] } });
  }

  /** Puts one file; `open` is asked again for each try. */
  async upload(
    artifact_uri: string,
    path: string,
    open: () => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<void> {
    const below = artifact_uri.replace(/^mlflow-artifacts:\/*/, '');
    await patiently(async () => {
      // `fetch` takes what it sends from an iterable piece by piece; `Readable.toWeb` would hold thousands of pieces.
      const stream = (await open()) as unknown as BodyInit;
      await this.#client.upload({ params: { '*': `${below}/${path}` } }, { stream });
    });
  }

  async digests(run_ids: readonly string[]): Promise<Map<string, RunDigest>> {
    const found = new Map<string, RunDigest>();
    for (let start = 0; start < run_ids.length; start += DIGESTS_AT_ONCE) {
      const piece = run_ids.slice(start, start + Math.min(DIGESTS_AT_ONCE, IMPORT_BATCH.digests));
      for (const one of (await this.send('importDigests', { run_ids: piece })).runs)
        found.set(one.run_id, one);
    }
    return found;
  }
}

function patiently<T>(call: () => Promise<T>): Promise<T> {
  const when = (error: unknown) => error instanceof AppError && (error.status >= 500 || error.status === 429);
  return retry(call, { attempts: ATTEMPTS, baseMs: 300, when });
}

/** Sends things together; where that is refused, in halves, so that nothing is left out beside what is at fault. */
export async function inHalves<T, R>(
  items: readonly T[],
  send: (items: readonly T[]) => Promise<R[]>,
  refused: (item: T, why: string) => R,
): Promise<R[]> {
  try {
    return await send(items);
  } catch (error) {
    if (!(error instanceof AppError) || !REFUSALS.has(error.status)) throw error;
    if (items.length < 2) return items.map((item) => refused(item, error.message));
    const middle = items.length >> 1;
    const first = await inHalves(items.slice(0, middle), send, refused);
    return [...first, ...(await inHalves(items.slice(middle), send, refused))];
  }
}

export const refusal = (id: string, why: string): PlacedOutcome => ({
  id,
  outcome: 'refused',
  why,
  artifact_uri: '',
});
