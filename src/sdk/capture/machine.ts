import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import type { Capture } from '../../domains/tracking/schema/capture.ts';
import { printed } from './programs.ts';

const GPU = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];

export async function machineOf(): Promise<Capture['machine']> {
  const gpus = await printed('nvidia-smi', GPU, { ms: 5000 });
  const all = cpus();
  return {
    id: machineId(),
    os: `${platform()} ${release()}`,
    arch: arch(),
    cpu: all[0]?.model.trim() ?? '',
    cpus: all.length,
    memory_bytes: totalmem(),
    gpus: gpus?.split('\n').filter(Boolean) ?? [],
  };
}

/** The same for all runs of a machine, and tells nothing else of it. */
export function machineId(): string {
  let own = '';
  try {
    own = readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    // Not on Linux: the name of the host has to do.
  }
  return createHash('sha256').update(`rondo machine ${own} ${hostname()}`).digest('hex').slice(0, 16);
}
