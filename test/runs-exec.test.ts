import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../scripts/build.mjs';
import { type Ran, runCli } from './harness/cli.ts';
import { testServer, type TestServer } from './harness/server.ts';

const SDK = pathToFileURL(join(process.cwd(), 'dist', 'sdk.js')).href;
let server: TestServer;
let folder: string;
beforeAll(async () => {
  await build();
  server = await testServer();
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-exec-')));
});
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});

const rondo = (
  words: string[],
  begun?: (out: string, pid: number) => void,
  told?: (err: string, pid: number) => void,
): Promise<Ran> =>
  runCli(words, {
    cwd: folder,
    env: {
      RONDO_URL: server.url,
      RONDO_TOKEN: server.token,
      MY_SECRET: 'do-not-tell-anyone',
      XDG_STATE_HOME: join(folder, 'state'),
    },
    ...(begun ? { begun } : {}),
    ...(told ? { told } : {}),
  });

const idOf = ({ err }: Ran) => /^Run (\w{32}):/m.exec(err)?.[1] ?? '';
const stored = async (id: string) =>
  (await server.call('GET', `/api/2.0/mlflow/runs/get?run_id=${id}`)).body.run;
const file = async (id: string, path: string) =>
  (await server.call('GET', `/get-artifact?run_id=${id}&path=${path}`)).body;
const script = (name: string, text: string) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  return name;
};

describe('rondo runs exec', () => {
  it('begins a run that the SDK in the command joins, and keeps what was printed without secrets', async () => {
    const name = script(
      'joins.mjs',
      `import { Rondo } from '${SDK}';
       const run = await new Rondo().startRun({ experiment: 'elsewhere', params: { depth: 6 } });
       run.logMetric('loss', 0.25);
       await run.end();
       const second = await new Rondo().startRun({ experiment: 'elsewhere' });
       await second.end();
       console.log('joined ' + run.id, 'then ' + second.id, process.env.MY_SECRET);
       console.error('a warning');`,
    );
    const words = ['runs', 'exec', '--experiment', 'exec', '--name', 'first', '-p', 'seed=7'];
    const ran = await rondo([...words, '--', 'node', name, '--lr', '0.1']);
    const id = idOf(ran);
    expect([ran.code, ran.out.includes(`joined ${id}`), ran.out.includes(`then ${id}`)]).toEqual([
      0,
      true,
      false,
    ]);
    const { info, data } = await stored(id);
    expect(info).toMatchObject({ run_name: 'first', status: 'FINISHED' });
    expect(data.params).toEqual([
      { key: 'depth', value: '6' },
      { key: 'seed', value: '7' },
    ]);
    expect(data.metrics).toMatchObject([{ key: 'loss', value: 0.25 }]);
    expect(data.tags).toContainEqual({ key: 'mlflow.source.name', value: name });
    const output = await file(id, 'rondo/output.log');
    expect(output).toContain(`joined ${id}`);
    expect(output).toContain('a warning');
    expect(output).not.toContain('do-not-tell-anyone');
    expect(await file(id, 'rondo/capture.json')).toMatchObject({
      by: 'exec',
      command: { argv: ['node', name, '--lr', '0.1'], masked: [] },
      code: null,
      environment: { language: 'node' },
      seeds: { seed: '7' },
    });
  });

  it('passes the exit code on, and says what came of the run', async () => {
    const ends = async (...command: string[]) => {
      const ran = await rondo(['runs', 'exec', '--', ...command]);
      return [ran.code, (await stored(idOf(ran))).info.status];
    };
    expect(await ends('node', '-e', 'process.exit(3)')).toEqual([3, 'FAILED']);
    expect(await ends('no-such-program-here')).toEqual([127, 'FAILED']);
    expect(await ends('node', '-e', "process.kill(process.pid, 'SIGKILL')")).toEqual([137, 'KILLED']);
  });

  it('passes a signal on, and what a killed training had logged arrives', async () => {
    const name = script(
      'waits.mjs',
      `import { Rondo } from '${SDK}';
       const run = await new Rondo().startRun({ experiment: 'x' });
       process.on('SIGTERM', () => {
         for (let step = 0; step < 2000; step++) run.logMetric('late', step, { step });
         process.kill(process.pid, 'SIGKILL');
       });
       console.log('ready');
       setInterval(() => {}, 1000);`,
    );
    let told = false;
    const ran = await rondo(['runs', 'exec', '--', 'node', name], (out, pid) => {
      if (!told && out.includes('ready')) {
        told = true;
        process.kill(pid, 'SIGTERM');
      }
    });
    expect(ran.code).toBe(137);
    const { info, data } = await stored(idOf(ran));
    expect(info.status).toBe('KILLED');
    expect(data.metrics).toMatchObject([{ key: 'late', value: 1999 }]);
  });

  it('ends its run also when it is told to stop at its very beginning', async () => {
    let told = false;
    const running = rondo(
      ['runs', 'exec', '--', 'node', '-e', 'console.log("started")'],
      undefined,
      (err, pid) => {
        if (told || !err.includes('Run ')) return;
        told = true;
        process.kill(pid, 'SIGTERM');
      },
    );
    const ran = await running;
    const { info } = await stored(idOf(ran));
    expect(['KILLED', 'FINISHED']).toContain(info.status);
    expect(ran.code).toBe(info.status === 'KILLED' ? 143 : 0);
  });

  it('keeps the beginning and the end of a long output', async () => {
    const much = "for (let i = 0; i < 300000; i++) console.log('line ' + i)";
    const ran = await rondo(['runs', 'exec', '--', 'node', '-e', much]);
    expect(ran.out.endsWith('line 299999\n')).toBe(true);
    const output = (await file(idOf(ran), 'rondo/output.log')) as string;
    expect(output.startsWith('line 0\n')).toBe(true);
    expect(output.endsWith('line 299999\n')).toBe(true);
    expect(output).toMatch(/\[\d+ bytes are left out here\]/);
    expect(output.length).toBeLessThan(1_200_000);
  });

  it('says what is wrong with its own words, and starts nothing', async () => {
    expect(await rondo(['runs', 'exec', '-p', 'novalue', '--', 'true'])).toMatchObject({ code: 2 });
    expect(await rondo(['runs', 'exec'])).toMatchObject({ code: 2 });
    const away = await rondo([
      '--url',
      'http://127.0.0.1:9',
      'runs',
      'exec',
      '--',
      'node',
      '-e',
      'console.log(1)',
    ]);
    expect([away.code, away.out, away.err]).toEqual([1, '', expect.stringContaining('No answer from')]);
  });
});
