import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { hostname } from 'node:os';

/** A process that cannot be confused with a later one of the same number: its id and when it was born. */
export interface ProcessId {
  pid: number;
  born: string;
}

export const self = (): ProcessId => ({ pid: process.pid, born: bornOf(process.pid) ?? '' });

export function identify(pid: number): ProcessId | undefined {
  const born = bornOf(pid);
  return born === undefined ? undefined : { pid, born };
}

export const isAlive = (id: ProcessId): boolean => bornOf(id.pid) === id.born;

/** A fresh name for whoever holds a lease: the machine and the process, for people, and what makes it the only one. */
export const ownerName = (): string => `${hostname()}:${process.pid}:${randomUUID()}`;

/** Start time of a process: from /proc on Linux, from `ps` elsewhere; undefined when it is gone (zombies are gone). */
function bornOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}
