import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  });
});
