import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findName, putName, type UploadedPart } from '../../../artifacts/index.ts';
import { enqueue } from '../../../jobs/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { ArtifactPlace } from '../artifact-path.ts';
import { absent, badParameter, missingParameter, notImplemented } from '../errors.ts';
import { findUpload, forgetUploads, insertUpload, removeUpload, setUploadState } from '../store/uploads.ts';
import type { TrackingContext } from './context.ts';

export const ADOPT_JOB = 'tracking.adopt-upload';

/** What S3 takes. */
const MOST_PARTS = 10_000;
const DAY_MS = 86_400_000;
/** An upload that nobody completes is forgotten after a week; the store's own clean-up drops its parts earlier. */
const KEEP_MS = 7 * DAY_MS;
/** MLflow's client waits two minutes for an answer. */
const WAIT_MS = 90_000;
const LOOK_MS = 50;

/** Transfers past this server, where the artifact store can be reached by clients. */
export function uploadVerbs(
  context: TrackingContext,
  places: {
    place(project: string, proxied: string): Promise<ArtifactPlace>;
    assertWritable(at: ArtifactPlace): void;
  },
) {
  const { database, ground } = context;

  function direct(way: 'upload' | 'download') {
    if (ground.blobs.direct) return ground.blobs.direct;
    throw notImplemented(`Multipart ${way} is not supported for the current artifact repository`);
  }

  async function find(project: string, proxied: string, id: string) {
    const at = await places.place(project, proxied);
    const row = await findUpload(database.read, id);
    if (row?.project === project && row.root === at.root && row.path === at.path) return row;
    throw absent(`No upload '${id.slice(0, 100)}' to '${proxied}' was begun, or it was given up.`);
  }

  return {
    /** Whether clients are told of transfers past this server. */
    advertisesTransfers: ground.blobs.direct?.advertised === true,

    async beginUpload(_actor: Actor, project: string, proxied: string, parts: number) {
      const store = direct('upload');
      if (!(parts >= 1 && parts <= MOST_PARTS))
        throw badParameter(
          `Invalid value ${parts} for parameter 'num_parts': it must be from 1 to ${MOST_PARTS}.`,
        );
      const at = await places.place(project, proxied);
      places.assertWritable(at);
      const id = randomUUID();
      const { upload, urls } = await store.begin(id, parts);
      const now = Date.now();
      await database.write(async (tx) => {
        await forgetUploads(tx, now - KEEP_MS);
        await insertUpload(tx, { id, project, ...at, upload, state: 'open', created_at: now });
      });
      return {
        upload_id: id,
        credentials: urls.map((url, index) => ({ url, part_number: index + 1, headers: {} })),
      };
    },

    /** Answers once the name points to the bytes; where reading them takes too long, a job goes on with it. */
    async completeUpload(
      _actor: Actor,
      project: string,
      proxied: string,
      { id, parts }: { id: string; parts: readonly UploadedPart[] },
    ): Promise<void> {
      const store = direct('upload');
      if (parts.length === 0) throw missingParameter('parts');
      const row = await find(project, proxied, id);
      if (row.state === 'open') {
        if (!(await store.join(id, row.upload, parts)))
          throw absent(`The store knows of no upload '${id}': it was given up, or took longer than a day.`);
        await database.write(async (tx) => {
          await setUploadState(tx, id, 'joined');
          await enqueue(tx, { kind: ADOPT_JOB, payload: { id }, singletonKey: `${ADOPT_JOB}:${id}` });
        });
      }
      for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(LOOK_MS))
        if ((await findUpload(database.read, id))?.state !== 'joined') return;
    },

    /** The job behind it. */
    async adoptUpload(id: string): Promise<void> {
      const row = await findUpload(database.read, id);
      if (row?.state === 'joined') {
        const blob = await direct('upload').adopt(id);
        await database.write(async (tx) => {
          await putName(tx, row.root, row.path, blob);
          await setUploadState(tx, id, 'done');
        });
      }
      if (row && row.state !== 'open') await direct('upload').drop(id, row.upload);
    },

    async abortUpload(_actor: Actor, project: string, proxied: string, id: string): Promise<void> {
      const store = direct('upload');
      const row = await find(project, proxied, id);
      if (row.state !== 'open') return;
      await store.drop(id, row.upload);
      await database.write((tx) => removeUpload(tx, id));
    },

    /** Where the bytes of a proxied path can be read without this server. */
    async presignDownload(project: string, proxied: string) {
      const store = direct('download');
      const at = await places.place(project, proxied);
      const name = at.path === '' ? undefined : await findName(database.read, at.root, at.path);
      // Looked for in the store too: one that was set aside is put back.
      if (!name || !(await ground.blobs.find(name.digest))) throw absent(`No such artifact: '${proxied}'`);
      return { url: await store.downloadUrl(name.digest, name.path), headers: {}, file_size: name.size };
    },
  };
}
