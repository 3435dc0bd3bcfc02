import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reader } from '../../database/index.ts';
import { parseOpen, parseSealed, sealedName } from '../../domains/serving/gateway/log-files.ts';

/**
 * The gateway's prediction log at one moment, while it is being written. The files are opened before the database is read and looked at
 * afterwards, so that an answered prediction is either in the database or in a file here: an open file outlives its name.
 */
export interface HeldSegments {
  /** What the gateway of the restored server finds: name and bytes. Segments that `reader` has imported are marked so. */
  files(reader: Reader): AsyncIterable<{ name: string; bytes: Buffer }>;
  close(): Promise<void>;
}

export async function holdSegments(folder: string): Promise<HeldSegments> {
  // A segment is renamed when it is sealed and when it is imported; its numbers stay.
  const held = await holdFiles(folder, (name) => {
    const parsed = parseSealed(name) ?? parseOpen(name);
    return parsed && `${parsed.epoch}-${parsed.number}`;
  });
  return {
    async *files(reader) {
      const rows = await reader.selectFrom('prediction_segments').select('digest').execute();
      const imported = new Set(rows.map((row) => row.digest));
      for (const [key, handle] of held) {
        const [epoch, number] = key.split('-').map(Number) as [number, number];
        const all = await handle.readFile();
        // One that is still open may end in half a line, which nobody was answered for.
        const bytes = all.subarray(0, all.lastIndexOf(10) + 1);
        if (bytes.length === 0) continue;
        const name = sealedName(epoch, number, createHash('sha256').update(bytes).digest('hex'));
        const known = imported.has(createHash('sha256').update(all).digest('hex'));
        yield { name: known ? name.replace(/^sealed/, 'imported') : name, bytes };
      }
    },
    async close() {
      await release(held);
    },
  };
}

/** Opens the files of a folder for reading, by what `keyOf` calls them; a file that goes meanwhile can still be read. */
export async function holdFiles(
  folder: string,
  keyOf: (name: string) => string | undefined = (name) => name,
): Promise<Map<string, FileHandle>> {
  const held = new Map<string, FileHandle>();
  // A name that went while it was looked at may have become another: look again.
  for (let whole = false; !whole; ) {
    whole = true;
    for (const name of await readdir(folder).catch(() => [])) {
      const key = keyOf(name);
      if (key === undefined || held.has(key)) continue;
      const handle = await open(join(folder, name), 'r').catch(() => undefined);
      if (handle) held.set(key, handle);
      else whole = false;
    }
  }
  return held;
}

export const release = async (held: Map<string, FileHandle>): Promise<void> => {
  await Promise.all([...held.values()].map((handle) => handle.close()));
};
