import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identify } from '../../src/lib/process-id.ts';
import { testServer, type TestServer } from '../harness/server.ts';
import { logOf, stepOf, type Workshop, workshop } from './harness.ts';

const FLOW = `
import { pipeline, step, value, file, z } from 'rondo';
import { readFileSync } from 'node:fs';

const prepare = step('prepare', {
  in: { rows: z.number().int() },
  out: { table: file(), total: value(z.number()) },
  run: async ({ inputs, log, progress }) => {
    const list = Array.from({ length: inputs.rows }, (_, i) => i);
    log('prepared', list.length, 'rows');
    progress(0.5, 'half');
    return { table: { bytes: new TextEncoder().encode(list.join(',')), name: 'table.csv' }, total: list.reduce((a, b) => a + b, 0) };
  },
});
const train = step('train', {
  in: { table: prepare.out.table, rate: z.number() },
  out: { score: value(z.number()) },
  run: async ({ inputs, attempt, rondo }) => {
    const me = await rondo.identity.whoAmI();
    console.error('acting as', me.name, attempt.key);
    return { score: readFileSync(inputs.table.path, 'utf8').split(',').length * inputs.rate };
  },
});
export default pipeline('flow', { params: z.object({ rows: z.number().int().default(10), rate: z.number().default(0.5) }) }, (p) => {
  const made = prepare({ rows: p.params.rows });
  train({ table: made.out.table, rate: p.params.rate });
});
`;

describe('running pipelines', () => {
  let server: TestServer;
  let shop: Workshop;
  beforeAll(async () => {
    server = await testServer();
    shop = workshop(server);
  });
  afterAll(async () => {
    shop.end();
    await server.end();
  });

  it('runs typed steps in processes and keeps inputs, outputs, logs and lineage', async () => {
    const name = await shop.apply(FLOW);
    const run = await shop.run(name, { rows: 4 });
    expect(run).toMatchObject({ state: 'done', number: 1, error: null, params: { rows: 4, rate: 0.5 } });
    const train = await shop.rondo.pipelines.getStepRun({ params: { step_run: stepOf(run, 'train').id } });
    expect(train.outputs).toEqual({ score: 2 });
    expect(train.inputs).toMatchObject({ rate: 0.5, table: { name: 'table.csv', size: 7 } });
    expect(train.attempts).toMatchObject([{ attempt: 1, state: 'done', launcher: 'process' }]);
    expect(await logOf(shop.rondo, train.id)).toContain('acting as step flow/train');
    expect(await logOf(shop.rondo, stepOf(run, 'prepare').id)).toContain('prepared 4 rows');
    const { nodes, gaps } = await shop.rondo.lineage.walkLineage({
      query: { of: `rondo:step-run:${train.id}`, direction: 'up' },
    });
    expect(gaps).toEqual([]);
    expect(nodes.map((node) => node.title)).toEqual(
      expect.arrayContaining(['flow / train', 'flow / prepare', 'flow #1', 'flow']),
    );
  });

  it('reuses what it has and says what changed when it does not', async () => {
    await shop.apply(FLOW);
    const first = await shop.run('flow', { rows: 7 });
    const again = await shop.run('flow', { rows: 7 });
    expect(again.steps.map((step) => step.state)).toEqual(['reused', 'reused']);
    expect(stepOf(again, 'train').reused_from).toBe(stepOf(first, 'train').id);
    expect(await logOf(shop.rondo, stepOf(again, 'prepare').id)).toContain('prepared 7 rows');

    const rate = await shop.run('flow', { rows: 7, rate: 2 });
    expect(stepOf(rate, 'prepare').state).toBe('reused');
    expect(stepOf(rate, 'train')).toMatchObject({ state: 'done', why: 'input rate changed (0.5 to 2)' });

    await shop.apply(FLOW.replace("split(',').length", "split(',').length + 1"));
    const code = await shop.run('flow', { rows: 7 });
    expect(stepOf(code, 'prepare').state).toBe('reused');
    expect(stepOf(code, 'train').why).toMatch(/^code changed \([0-9a-f]{8} to [0-9a-f]{8}\)$/);
    await shop.apply(FLOW);
    expect((await shop.run('flow', { rows: 7 })).steps.every((step) => step.state === 'reused')).toBe(true);

    const off = await shop.run('flow', { rows: 7 }, 'off');
    expect(stepOf(off, 'train')).toMatchObject({
      state: 'done',
      why: 'this run was started without the cache',
    });
  });

  it('tries again with a wait, then fails with the text of the error, and resumes from there', async () => {
    await shop.apply(`
      import { pipeline, step, value, z } from 'rondo';
      import { existsSync } from 'node:fs';
      const before = step('before', { out: { n: value(z.number()) }, run: () => ({ n: 1 }) });
      const flaky = step('flaky', {
        in: { n: before.out.n, switch: z.string(), times: z.number() },
        out: { n: value(z.number()) },
        retry: { max: 1, backoff: '50ms' },
        run: ({ inputs, attempt, log }) => {
          log('attempt', attempt.number);
          if (attempt.number > inputs.times || existsSync(inputs.switch)) return { n: inputs.n + 1 };
          throw new TypeError('the sky is falling');
        },
      });
      const after = step('after', { in: { n: flaky.out.n }, run: () => ({}) });
      export default pipeline('flaky', { params: z.object({ switch: z.string(), times: z.number() }) }, (p) => {
        flaky({ switch: p.params.switch, times: p.params.times });
        after();
      });`);
    const marker = `${shop.folder}/marker`;
    const recovered = await shop.run('flaky', { switch: marker, times: 1 });
    expect(recovered.state).toBe('done');
    const { attempts } = await shop.rondo.pipelines.getStepRun({
      params: { step_run: stepOf(recovered, 'flaky').id },
    });
    expect(attempts.map((attempt) => attempt.state)).toEqual(['failed', 'done']);
    expect(attempts[0]?.error).toMatch(/^TypeError: the sky is falling\n {4}at .*pipeline\.ts:/);

    const failed = await shop.run('flaky', { switch: marker, times: 9 });
    expect(failed).toMatchObject({
      state: 'failed',
      error: "Step 'flaky' failed: TypeError: the sky is falling",
    });
    expect(stepOf(failed, 'before').state).toBe('reused');
    expect(stepOf(failed, 'after')).toMatchObject({ state: 'blocked', why: 'flaky failed' });
    expect(failed.lead.text).toContain('Failed at flaky: TypeError: the sky is falling (2 attempts)');

    writeFileSync(marker, '');
    const { id } = await shop.rondo.pipelines.resumePipelineRun({ params: { run: failed.id }, body: {} });
    const resumed = await shop.settled(id);
    expect(resumed).toMatchObject({ state: 'done', origin: failed.id, reason: { kind: 'resume' } });
    expect(stepOf(resumed, 'before')).toMatchObject({
      state: 'reused',
      why: `kept from run ${failed.number}`,
    });

    const rerun = await shop.rondo.pipelines.resumePipelineRun({
      params: { run: resumed.id },
      body: { from: ['flaky'] },
    });
    const second = await shop.settled(rerun.id);
    expect(second.steps.map((step) => step.state)).toEqual(['reused', 'done', 'done']);
  });

  it('ends what runs too long, with everything it started, and what is cancelled', async () => {
    await shop.apply(`
      import { pipeline, step, z } from 'rondo';
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      const stubborn = step('stubborn', {
        in: { file: z.string() }, timeout: '400ms', cache: false,
        run: async ({ inputs, log }) => {
          process.on('SIGTERM', () => log('not now'));
          const child = spawn('/bin/sleep', ['300'], { stdio: 'ignore' });
          writeFileSync(inputs.file, String(child.pid));
          log('asleep');
          await new Promise((resolve) => setTimeout(resolve, 300_000));
          return {};
        },
      });
      const patient = step('patient', {
        in: { file: z.string() }, cache: false,
        run: async ({ inputs, signal, progress }) => {
          const child = spawn('/bin/sleep', ['300'], { stdio: 'ignore' });
          writeFileSync(inputs.file, String(child.pid));
          progress(0.25, 'waiting');
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return {};
        },
      });
      const file = z.object({ file: z.string() });
      export const a = pipeline('stubborn', { params: file }, (p) => stubborn({ file: p.params.file }));
      export const b = pipeline('patient', { params: file }, (p) => patient({ file: p.params.file }));`);
    const file = `${shop.folder}/pid`;
    const timed = await shop.run('stubborn', { file });
    expect(timed.error).toContain('did not end within its timeout of 400 ms');
    await gone(file);
    expect(await logOf(shop.rondo, stepOf(timed, 'stubborn').id)).toContain('asleep\nnot now');

    const id = await shop.start('patient', { file: `${file}2` });
    const live = await shop.settled(id, (run) => stepOf(run, 'patient').progress === 0.25);
    expect(stepOf(live, 'patient').progress_text).toBe('waiting');
    expect(isRunning(`${file}2`)).toBe(true);
    const cancelled = await shop.rondo.pipelines.cancelPipelineRun({ params: { run: id } });
    expect(cancelled.state).toBe('cancelled');
    await gone(`${file}2`);
    await expect(shop.rondo.pipelines.cancelPipelineRun({ params: { run: id } })).rejects.toMatchObject({
      code: 'RUN_ENDED',
    });
  });

  it('reports every way a step can go wrong in clear words', async () => {
    await shop.apply(`
      import { pipeline, step, value, dataset, z } from 'rondo';
      const exits = step('exits', { run: () => { console.error('no licence'); process.exit(3); } });
      const dies = step('dies', { run: () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); } });
      const wrong = step('wrong', { out: { n: value(z.number()) }, run: () => ({ n: 'seven' }) as never });
      const nan = step('nan', { out: { n: value(z.unknown()) }, run: () => ({ n: { deep: NaN } }) });
      const misses = step('misses', { out: { n: value(z.number()) }, run: () => ({}) as never });
      const invents = step('invents', { run: () => ({ extra: 1 }) as never });
      const noset = step('noset', { out: { d: dataset() }, run: () => ({ d: { version: 1 } }) as never });
      const floods = step('floods', { run: async ({ log }) => {
        const line = 'x'.repeat(99_999);
        log('first');
        for (let i = 0; i < 1000; i++) log(line);
        log('last');
        return {};
      } });
      export default pipeline('wrong', {}, () => { exits(); dies(); wrong(); nan(); misses(); invents(); noset(); floods(); });`);
    const run = await shop.run('wrong');
    const errors = Object.fromEntries(run.steps.map((step) => [step.node, step.error]));
    expect(errors.exits).toBe(
      "The step's process exited with code 3 before the step returned.\nIts last words:\nno licence",
    );
    expect(errors.dies).toContain('The step was ended by SIGKILL');
    expect(errors.wrong).toContain(
      "Output 'n' of step 'wrong' does not fit: ✖ Invalid input: expected number, received string",
    );
    expect(errors.nan).toContain("Output 'n' of step 'nan' holds NaN");
    expect(errors.misses).toBe("Step 'misses' did not return its output 'n'.");
    expect(errors.invents).toContain("returned 'extra', which it does not declare");
    expect(errors.noset).toContain("Output 'd' of step 'noset' does not fit");
    expect(stepOf(run, 'floods')).toMatchObject({ state: 'done' });
    const log = await logOf(shop.rondo, stepOf(run, 'floods').id);
    expect(log.length).toBeLessThan(9_000_000);
    expect(log.startsWith('first\n')).toBe(true);
    expect(log.endsWith('last\n')).toBe(true);
    expect(log).toMatch(/… [\d,]+ bytes are left out here/);
  });

  it('gives the token of an attempt its project only, and nothing after its end', async () => {
    await shop.apply(`
      import { pipeline, step, value, z } from 'rondo';
      const tell = step('tell', { cache: false, out: { told: value(z.object({ token: z.string(), other: z.number(), key: z.string() })) },
        run: async ({ attempt }) => {
          const { RONDO_URL, RONDO_TOKEN, RONDO_ATTEMPT_KEY } = process.env;
          const ask = (project) => fetch(RONDO_URL + '/api/v1/projects/' + project + '/pipelines/none/runs', {
            method: 'POST', body: '{}', headers: { authorization: 'Bearer ' + RONDO_TOKEN, 'content-type': 'application/json' } });
          return { told: { token: RONDO_TOKEN, other: (await ask('elsewhere')).status * 1000 + (await ask('default')).status, key: RONDO_ATTEMPT_KEY } };
        } });
      export default pipeline('tell', {}, () => { tell(); });`);
    const run = await shop.run('tell');
    const step = await shop.rondo.pipelines.getStepRun({ params: { step_run: stepOf(run, 'tell').id } });
    const told = step.outputs?.told as { token: string; other: number; key: string };
    expect(told.key).toBe(`${run.id}/tell//1`);
    expect(told.other).toBe(403_404);
    const late = await server.call('GET', '/api/v1/me', undefined, {
      headers: { authorization: `Bearer ${told.token}` },
    });
    expect(late.status).toBe(401);
  });

  it('refuses parameters and files that cannot work before anything runs', async () => {
    await shop.apply(FLOW);
    await expect(shop.start('flow', { rows: 'many', speed: 1 })).rejects.toMatchObject({
      code: 'PIPELINE_PARAMS',
      message: expect.stringMatching(/there is no parameter 'speed'.*parameter 'rows': Invalid input/),
    });
    const throws = shop.apply(
      "import { pipeline } from 'rondo'; export default pipeline('x', {}, () => { throw new Error('bad build'); });",
    );
    await expect(throws).rejects.toMatchObject({
      code: 'PIPELINE_FILE',
      message: expect.stringMatching(/failed while it was read: Error: bad build/),
    });
    const nothing = shop.apply('export const x = 1;');
    await expect(nothing).rejects.toMatchObject({ code: 'PIPELINE_FILE' });
    const syntax = shop.apply('export default pipeline(');
    await expect(syntax).rejects.toMatchObject({
      code: 'PIPELINE_FILE',
      message: expect.stringMatching(/pipeline\.ts:1: Unexpected end of file/),
    });
    const unknown = shop.apply("import x from 'not-installed'; export default x;");
    await expect(unknown).rejects.toMatchObject({
      code: 'PIPELINE_FILE',
      message: expect.stringMatching(/Could not resolve "not-installed"/),
    });
    const mismatch = shop.apply(`
      import { pipeline, step, value, file, z } from 'rondo';
      const a = step('a', { out: { text: value(z.string()), n: value(z.number()) }, run: () => ({ text: '', n: 1 }) });
      const b = step('b', { in: { f: file(), n: z.number(), gone: z.string() }, run: () => ({}) });
      export default pipeline('bad', {}, () => { const one = a(); b({ f: one.out.text, n: one.out.text } as never); });`);
    await expect(mismatch).rejects.toMatchObject({
      code: 'PIPELINE_FILE',
      message: expect.stringMatching(
        /input 'f' of step 'b' wants a file, but output 'text' of step 'a' is a value; input 'n' of step 'b' wants number, but output 'text' of step 'a' is string; input 'gone' of step 'b' is not connected/,
      ),
    });
  });
});

const isRunning = (file: string): boolean => identify(Number(readFileSync(file, 'utf8'))) !== undefined;

async function gone(file: string): Promise<void> {
  while (isRunning(file)) await new Promise((resolve) => setTimeout(resolve, 20));
}
