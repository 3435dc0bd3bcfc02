import type { Reader, Tx } from '../../../database/index.ts';

export interface UploadRow {
  id: string;
  project: string;
  root: string;
  path: string;
  /** The store's own id. */
  upload: string;
  state: 'open' | 'joined' | 'done';
  created_at: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    artifact_uploads: UploadRow;
  }
}

export const insertUpload = (tx: Tx, row: UploadRow) =>
  tx.insertInto('artifact_uploads').values(row).execute();

export const findUpload = (reader: Reader, id: string): Promise<UploadRow | undefined> =>
  reader.selectFrom('artifact_uploads').selectAll().where('id', '=', id).executeTakeFirst();

export const setUploadState = (tx: Tx, id: string, state: UploadRow['state']) =>
  tx.updateTable('artifact_uploads').set({ state }).where('id', '=', id).execute();

export const removeUpload = (tx: Tx, id: string) =>
  tx.deleteFrom('artifact_uploads').where('id', '=', id).execute();

/** Uploads that were begun before `before` (epoch ms) and are not being read. */
export const forgetUploads = (tx: Tx, before: number) =>
  tx.deleteFrom('artifact_uploads').where('state', '!=', 'joined').where('created_at', '<', before).execute();
