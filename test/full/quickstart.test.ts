import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** The folder that an undisturbed quickstart of this commit left. */
const undisturbed = process.env.RONDO_FULL_DATA;
const root = fileURLToPath(new URL('../..', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'rondo-killed-'));
let playing: ChildProcess | undefined;
let ports: number[];
beforeAll(async () => {
  ports = await Promise.all([freePort(), freePort()]);
});
afterAll(() => {
  playing?.kill('SIGTERM');
  rmSync(data, { recursive: true, force: true });
});

const read = (folder: string, file: string) =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;

/** A port nothing listens on: the server that is started again is expected where it was. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Plays until the end, or until `until` is said and the whole program is killed. Each of `kills` ends the server once, when it is said. */
function play(kills: RegExp[], until?: RegExp): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'quickstart', '--exit'], {
    cwd: root,
    env: {
      ...process.env,
      RONDO_DATA: data,
      RONDO_PORT: String(ports[0]),
      RONDO_GATEWAY_PORT: String(ports[1]),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  playing = child;
  let said = '';
  const hear = (part: Buffer) => {
    said += part.toString('utf8');
    const [next] = kills;
    if (next?.test(said)) {
      kills.shift();
      process.kill(read(data, 'server.json').pid as number, 'SIGKILL');
    }
    if (until?.test(said)) child.kill('SIGKILL');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}

it.skipIf(undisturbed === undefined)(
  'ends in the same summary although the server is killed three times, and the quickstart itself once',
  async () => {
    const first = await play([/as-of-model/], /March.* requests/);
    expect(first.said).toContain('✓ Serve, monitor, retrain: February');
    const kills = [/April.*run 2 of flights-train/, /May.*monitoring\.settle/];
    const second = await play(kills);
    expect(second.said).toContain('The server died 2 times and was started again.');
    expect([second.code, kills]).toEqual([0, []]);
    expect(read(data, 'summary.json')).toEqual(read(undisturbed as string, 'summary.json'));
  },
  1_500_000,
);
