import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from '../../src/lib/process-id.ts';
import { freshPostgres, ENGINES } from '../harness/database.ts';
import { logOf, stepOf, type Workshop, workshop } from './harness.ts';

const TOKEN = 'a-token-for-tests-only';
const FLOW = `
import { pipeline, step, value, z } from 'rondo';
import { existsSync, writeFileSync } from 'node:fs';
const before = step('before', { cache: false, out: { n: value(z.number()) }, run: () => ({ n: 1 }) });
const long = step('long', {
  cache: false,
  in: { n: before.out.n, folder: z.string() },
  out: { n: value(z.number()) },
  run: async ({ inputs, attempt, log }) => {
    log('started attempt', attempt.number);
    writeFileSync(inputs.folder + '/started', process.pid + ' ' + process.ppid);
    for (let i = 0; !existsSync(inputs.folder + '/go' + attempt.number); i++) {
      log('tick', i);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    log('finished');
    writeFileSync(inputs.folder + '/finished', '');
    return { n: inputs.n + 1 };
  },
});
const after = step('after', { cache: false, in: { n: long.out.n }, out: { n: value(z.number()) }, run: ({ inputs }) => ({ n: inputs.n + 1 }) });
export default pipeline('long', { params: z.object({ folder: z.string() }) }, (p) => { long({ folder: p.params.folder }); after(); });
`;

interface Running {
  url: string;
  child: ChildProcess;
}

describe.each(ENGINES)('recovery on %s', (engine) => {
  let folder: string;
  let database: string | undefined;
  let server: Running;
  let shop: Workshop;

  async function start(): Promise<Running> {
    const flags = [
      'server',
      '--port',
      '0',
      '--gateway-port',
      '0',
      '--data',
      join(folder, 'data'),
      '--token',
      TOKEN,
    ];
    if (database) flags.push('--database-url', database);
    const child = fork('dist/cli.js', flags, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const url = await new Promise<string>((resolve, reject) => {
      child.once('message', (facts) => resolve((facts as { url: string }).url));
      child.once('exit', () => reject(new Error('The server did not start.')));
    });
    return { url, child };
  }

  const dead = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));
  const marker = (name: string) => join(folder, name);
  async function appears(name: string): Promise<string> {
    for (;;) {
      if (readdirSync(folder).includes(name)) return readFileSync(marker(name), 'utf8');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-recovery-'));
    database = engine === 'postgres' ? await freshPostgres() : undefined;
    server = await start();
    shop = workshop({ url: server.url, token: TOKEN });
    await shop.apply(FLOW);
  });
  afterEach(async () => {
    // The goodbye that also ends the gateway.
    const ended = dead(server.child);
    server.child.kill('SIGTERM');
    await ended;
    shop.end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('takes up a step that outlived a killed server, with every line of its log and one result', async () => {
    const id = await shop.start('long', { folder });
    await appears('started');
    server.child.kill('SIGKILL');
    await dead(server.child);
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(marker('go1'), '');
    await appears('finished');

    const restarted = Date.now();
    server = await start();
    const again = workshop({ url: server.url, token: TOKEN });
    const run = await again.settled(id);
    expect(Date.now() - restarted).toBeLessThan(15_000);
    expect(run.state).toBe('done');
    const long = await again.rondo.pipelines.getStepRun({ params: { step_run: stepOf(run, 'long').id } });
    expect(long.attempts).toMatchObject([{ attempt: 1, state: 'done' }]);
    expect(long.outputs).toEqual({ n: 2 });
    const lines = (await logOf(again.rondo, long.id)).trim().split('\n');
    expect(lines[0]).toBe('started attempt 1');
    expect(lines.at(-1)).toBe('finished');
    expect(lines.slice(1, -1)).toEqual(lines.slice(1, -1).map((_, index) => `tick ${index}`));
    const { events } = await again.rondo.events.listEvents({
      query: { types: 'step.run.ended', limit: 100 },
    });
    expect(events.map((event) => (event.data as { node: string }).node).sort()).toEqual([
      'after',
      'before',
      'long',
    ]);
    again.end();
  });

  it.runIf(engine === 'sqlite')(
    'starts a step again whose wrapper was killed, and leaves nothing of the first attempt running',
    async () => {
      const id = await shop.start('long', { folder });
      const [user, exec] = (await appears('started')).split(' ').map(Number);
      process.kill(exec as number, 'SIGKILL');
      while (identify(user as number)) await new Promise((resolve) => setTimeout(resolve, 20));
      writeFileSync(marker('go2'), '');
      const run = await shop.settled(id);
      expect(run.state).toBe('done');
      const long = await shop.rondo.pipelines.getStepRun({ params: { step_run: stepOf(run, 'long').id } });
      expect(long.attempts).toMatchObject([
        { attempt: 1, state: 'lost', error: expect.stringContaining('vanished without a result') },
        { attempt: 2, state: 'done' },
      ]);
    },
  );
});
