import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, ERRORS } from '../../../lib/errors.ts';
import { type Batch, decodeBatch, encodeBatch, frame, MAGIC, readFrame, type ViewHeader } from './frames.ts';

/** The append-only file of one view. Every append is on disk before it returns. */
export class ViewFile {
  private readonly path: string;
  private readonly handle: FileHandle;
  private size: number;

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path;
    this.handle = handle;
    this.size = size;
  }

  get bytes(): number {
    return this.size;
  }

  static async create(path: string, header: ViewHeader, batches: Iterable<Batch> = []): Promise<ViewFile> {
    const temporary = `${path}.new`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      let size = 0;
      for (const part of fileParts(header, batches)) {
        await handle.writeFile(part);
        size += part.length;
      }
      await handle.sync();
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return new ViewFile(path, handle, size);
    } catch (error) {
      await handle.close();
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Reads everything back; a cut-off or damaged tail (never acknowledged) is removed. */
  static async load(
    path: string,
    each: (batch: Batch) => void,
    begin: (header: ViewHeader) => void,
  ): Promise<ViewFile | undefined> {
    const size = scan(path, each, begin);
    return size === undefined ? undefined : new ViewFile(path, await open(path, 'r+'), size);
  }

  async append(batch: Batch): Promise<void> {
    const bytes = encodeBatch(batch);
    try {
      let done = 0;
      while (done < bytes.length) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.size + done);
        done += bytesWritten;
      }
      await this.handle.datasync();
      this.size += bytes.length;
    } catch (cause) {
      await this.handle.truncate(this.size).catch(() => {});
      throw new AppError(ERRORS.UNAVAILABLE, 'The rows could not be stored on disk; nothing was changed.', {
        hint: 'Free disk space on the gateway, then push the same batch again.',
        cause,
      });
    }
  }

  async replace(header: ViewHeader, batches: Iterable<Batch>): Promise<ViewFile> {
    const next = await ViewFile.create(this.path, header, batches);
    await this.handle.close();
    return next;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

function* fileParts(header: ViewHeader, batches: Iterable<Batch>): Generator<Buffer> {
  yield MAGIC;
  yield frame(Buffer.from(JSON.stringify(header)));
  for (const batch of batches) yield encodeBatch(batch);
}

/** Length of the sound part; undefined when not even the header is whole. */
function scan(
  path: string,
  each: (batch: Batch) => void,
  begin: (header: ViewHeader) => void,
): number | undefined {
  const file = openSync(path, 'r+');
  try {
    const length = fstatSync(file).size;
    let buffer = Buffer.alloc(1 << 16);
    const read = (offset: number, size: number): Buffer => {
      if (offset + size > length) return Buffer.alloc(0);
      if (size > buffer.length) buffer = Buffer.alloc(size);
      return buffer.subarray(0, readSync(file, buffer, 0, size, offset));
    };
    if (!read(0, MAGIC.length).equals(MAGIC)) return undefined;
    const head = readFrame(read, MAGIC.length);
    if (!head) return undefined;
    begin(JSON.parse(head.payload.toString('utf8')) as ViewHeader);
    let offset = head.next;
    for (let found = readFrame(read, offset); found; found = readFrame(read, offset)) {
      each(decodeBatch(found.payload));
      offset = found.next;
    }
    if (offset < length) ftruncateSync(file, offset);
    return offset;
  } finally {
    closeSync(file);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
