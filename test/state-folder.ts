import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Journals of runs that tests start lie in a folder of the whole run, never in that of who runs the tests. */
export default function () {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-state-'));
  process.env.XDG_STATE_HOME = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
