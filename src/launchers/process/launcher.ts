import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { identify, isAlive } from '../../lib/process-id.ts';
import type { Handle, Launcher, LaunchSpec } from '../launcher.ts';
import type { LaunchFile } from '../protocol.ts';

const ADOPTED_POLL_MS = 500;
/** Longer than `step exec` gives user code to end after SIGTERM. */
const CANCEL_GRACE_MS = 6000;

export interface ProcessLauncherOptions {
  /** A folder per attempt is made in it. */
  folder: string;
  /** The bundled `step.js`. */
  entry: string;
  /** File that always holds the current URL of the server; a running step reads it again after a restart. */
  urlFile: string;
  environment: NodeJS.ProcessEnv;
}

/** Runs `step exec` on this machine, in a session of its own, so that it outlives the server. */
export function createProcessLauncher(options: ProcessLauncherOptions): Launcher {
  const children = new Map<string, ChildProcess>();
  const folderOf = (key: string) => join(options.folder, checked(key));
  const nameOf = (handle: Handle) => `${handle.pid}/${handle.born}`;

  async function find(key: string): Promise<Handle | undefined> {
    const file = join(folderOf(key), 'handle.json');
    if (!existsSync(file)) return undefined;
    const handle = JSON.parse(readFileSync(file, 'utf8')) as Handle;
    return alive(handle) ? handle : undefined;
  }

  return {
    find,
    owns: async (key) => existsSync(folderOf(key)),
    isAlive: async (handle) => alive(handle),
    async launch(spec) {
      const running = await find(spec.key);
      if (running) return running;
      const folder = folderOf(spec.key);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, 'launch.json'), JSON.stringify(launchFile(spec, options)), { mode: 0o600 });
      const output = openSync(join(folder, 'exec.log'), 'a', 0o600);
      const child = spawn(process.execPath, [options.entry, 'exec', folder], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', output, output],
        env: cleanEnvironment(options.environment),
      });
      closeSync(output);
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      child.unref();
      const handle: Handle = {
        kind: 'process',
        host: hostname(),
        pid: child.pid as number,
        born: identify(child.pid as number)?.born ?? '',
      };
      children.set(nameOf(handle), child);
      child.once('exit', () => children.delete(nameOf(handle)));
      writeFileSync(join(folder, 'handle.tmp'), JSON.stringify(handle), { mode: 0o600 });
      renameSync(join(folder, 'handle.tmp'), join(folder, 'handle.json'));
      return handle;
    },
    watch(handle, gone) {
      const child = children.get(nameOf(handle));
      if (child) {
        child.once('exit', gone);
        return () => child.off('exit', gone);
      }
      // An adopted process is nobody's child; only looking tells that it ended.
      const timer = setInterval(() => {
        if (alive(handle)) return;
        clearInterval(timer);
        gone();
      }, ADOPTED_POLL_MS).unref();
      return () => clearInterval(timer);
    },
    async cancel(handle) {
      if (!alive(handle)) return;
      signal(handle, 'SIGTERM');
      const until = Date.now() + CANCEL_GRACE_MS;
      while (alive(handle) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
      if (alive(handle)) signal(handle, 'SIGKILL');
    },
    async logs(key, from) {
      const file = await open(join(folderOf(key), 'exec.log')).catch(() => undefined);
      if (!file) return '';
      try {
        const buffer = Buffer.alloc(64_000);
        const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}

function launchFile(spec: LaunchSpec, options: ProcessLauncherOptions): LaunchFile {
  const { key: _, ...known } = spec;
  const shared = join(options.folder, 'code');
  return { ...known, url_file: options.urlFile, shared };
}

/** Rondo's own settings and secrets stay with the server. */
function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('RONDO_')));
}

const alive = (handle: Handle): boolean =>
  handle.host === hostname() &&
  handle.pid !== undefined &&
  isAlive({ pid: handle.pid, born: handle.born ?? '' });

function signal(handle: Handle, name: NodeJS.Signals): void {
  try {
    process.kill(handle.pid as number, name);
  } catch {
    // It ended in the meantime.
  }
}

function checked(key: string): string {
  if (!/^[\w-]+\.\d+$/.test(key)) throw new Error(`'${key}' is not the key of an attempt.`);
  return key;
}
