import { type FileHandle, open } from 'node:fs/promises';

const CHUNK = 1 << 20;

/** Reads a file from its begin on, as many bytes as are asked for. */
export class ByteReader {
  /** Where the next byte lies. */
  offset = 0;
  readonly #file: FileHandle;
  #rest = Buffer.alloc(0);

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<ByteReader> {
    return new ByteReader(await open(path));
  }

  /** Fewer bytes than asked for only at the end of the file. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let found = 0;
    while (found < count) {
      if (this.#rest.length === 0) {
        const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(CHUNK), 0, CHUNK);
        if (bytesRead === 0) break;
        this.#rest = buffer.subarray(0, bytesRead);
      }
      const part = this.#rest.subarray(0, count - found);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      found += part.length;
    }
    this.offset += found;
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
