import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, defineErrors } from '../lib/errors.ts';
import { isAlive, self, type ProcessId } from '../lib/process-id.ts';

const LOCK_ERRORS = defineErrors({
  DATA_IN_USE: { status: 409, hint: 'Stop that server, or start this one with another --data folder.' },
});

/** Takes the data folder for this process; a lock whose owner is dead is taken over. Returns the release. */
export function lockData(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  shut(folder);
  const file = join(folder, 'server.lock');
  const mine = JSON.stringify(self());
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return () => {
        if (read(file) === mine) rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = parse(read(file));
      if (owner && isAlive(owner)) {
        throw new AppError(
          LOCK_ERRORS.DATA_IN_USE,
          `Another Rondo server (process ${owner.pid}) uses the data folder ${folder}.`,
        );
      }
      rmSync(file, { force: true });
    }
  }
}

/** Other accounts of the machine have no business in it, also when somebody made it before with other rights. */
function shut(folder: string): void {
  try {
    chmodSync(folder, 0o700);
  } catch (error) {
    // Somebody else owns it and shares it with this account: their rights hold.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function parse(text: string): ProcessId | undefined {
  try {
    return JSON.parse(text) as ProcessId;
  } catch {
    return undefined;
  }
}
