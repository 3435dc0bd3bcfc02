import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

/** The folder that an undisturbed quickstart of this commit left. */
const undisturbed = process.env.RONDO_FULL_DATA;
const root = fileURLToPath(new URL('../..', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'rondo-killed-'));
let playing: ChildProcess | undefined;
afterAll(() => {
  playing?.kill('SIGTERM');
  rmSync(data, { recursive: true, force: true });
});

const read = (folder: string, file: string) =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;

/** Plays until the end, or until `until` is said and the whole program is killed. Each of `kills` ends the server once, when it is said. */
function play(kills: RegExp[], until?: RegExp): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'quickstart', '--exit'], {
    cwd: root,
    env: { ...process.env, RONDO_DATA: data, RONDO_PORT: '0', RONDO_GATEWAY_PORT: '0' },
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
    const [expected, found] = [undisturbed as string, data].map((folder) => read(folder, 'quickstart.json'));
    expect(found?.summary).toEqual(expected?.summary);
    expect(found?.failed).toBe(0);
  },
  1_500_000,
);
