import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { self } from '../../lib/process-id.ts';
import { parseSealed } from './gateway/log-files.ts';
import { gatewayPlace } from './gateway/place.ts';
import { recoverSegments } from './gateway/recovery.ts';
import type { SegmentSource } from './service/log.ts';

/** The log in the folder of a gateway that has ended: what it left open is sealed first. */
export function folderSegments(folder: string): Pick<SegmentSource, 'sealed' | 'acknowledge'> {
  const { log } = gatewayPlace(folder);
  async function waiting(): Promise<{ digest: string; name: string }[]> {
    return (await readdir(log)).sort().flatMap((name) => {
      const sealed = parseSealed(name);
      return sealed && !sealed.imported ? [{ digest: sealed.digest, name }] : [];
    });
  }
  return {
    async sealed() {
      await mkdir(log, { recursive: true, mode: 0o700 });
      await recoverSegments(log, self());
      return (await waiting()).map(({ digest, name }) => ({ digest, path: join(log, name) }));
    },
    async acknowledge(digest) {
      for (const each of await waiting())
        if (each.digest === digest)
          await rename(join(log, each.name), join(log, each.name.replace(/^sealed/, 'imported')));
    },
  };
}
