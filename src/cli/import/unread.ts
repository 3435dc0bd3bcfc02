import { YAMLError } from 'yaml';
import type { Lost } from './source.ts';

/** What a store holds that cannot be read: it is named, and the rest is read. A store that does not answer is another matter, and thrown. */
export class Unread {
  readonly lost: Lost[] = [];

  async read<T>(kind: string, id: string, read: () => Promise<T> | T): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isBroken(error)) throw error;
      const [said] = error.message.split('\n');
      this.lost.push({ kind, id, why: `It cannot be read: ${said} Mend it and import again.` });
      return undefined;
    }
  }
}

const isBroken = (error: unknown): error is Error =>
  error instanceof SyntaxError ||
  error instanceof YAMLError ||
  error instanceof TypeError ||
  error instanceof RangeError;
