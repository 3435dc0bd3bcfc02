import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { patientFetch } from './connection.ts';
import { mlModel } from './mlmodel.ts';
import { cron, dataset, event, file, model, pipeline, readParquet, Rondo, step, value, z } from './index.ts';
import { findSettings } from './settings.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('sdk', () => {
  it('pulls in contracts and schemas, zod and hyparquet, and nothing of the server', async () => {
    const { metafile } = await build({
      entryPoints: ['src/sdk/index.ts'],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs);
    const packages = new Set(
      inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
    );
    expect(
      [...packages].filter((name) => !/^(zod|hyparquet|hyparquet-compressors|fzstd|hysnappy)$/.test(name)),
    ).toEqual([]);
    const own = inputs.filter((path) => !path.includes('node_modules'));
    const wrong = own.filter(
      (path) =>
        !/^src\/(sdk|lib)\//.test(path) &&
        !/^src\/domains\/[\w-]+\/(contract|schema|errors)\b/.test(path) &&
        !/^src\/(events|server)\/([\w-]+\/)?(contract|schema)\.ts$/.test(path),
    );
    expect(wrong).toEqual([]);
  });

  it('describes a pipeline as data: bindings, defaults, triggers, steps named by their outputs only', () => {
    const load = step('load', {
      in: { month: z.string().default('2001-01') },
      out: { rows: dataset(), raw: file() },
      run: () => ({ rows: { name: 'a', version: 1 }, raw: 'x' }),
    });
    const train = step('train', {
      in: { rows: load.out.rows, raw: load.out.raw, rates: z.array(z.number()) },
      out: { model: model(), auc: value(z.object({ test: z.number() })) },
      cache: { ttl: '30d', ignore: ['rates'] },
      retry: { max: 3, backoff: '2s' },
      timeout: '2h',
      resources: { cpu: 0.5, memory: '1.5Gi' },
      run: () => ({ model: { model_id: 'm-1' }, auc: { test: 1 } }),
    });
    const last = step('last', { in: { auc: z.number() }, run: () => ({}) });
    const flow = pipeline(
      'flow',
      {
        params: z.object({ rate: z.number().default(0.1), month: z.string() }),
        on: [
          cron('0 3 * * *', { timezone: 'Europe/Berlin' }),
          event('dataset.version.created', { cooldown: '1h' }),
        ],
      },
      (p) => {
        const first = train({ rates: [p.params.rate, 0.5] });
        last({ auc: first.out.auc.get('test') }, { after: [first] });
        last({ auc: 1 });
      },
    );
    const graph = flow.graph();
    expect(graph.nodes.map((node) => node.id)).toEqual(['train', 'last', 'last-2', 'load']);
    expect(graph.nodes[0]).toMatchObject({
      inputs: {
        rows: { from: 'output', node: 'load', output: 'rows', path: [] },
        rates: {
          from: 'list',
          items: [
            { from: 'param', path: ['rate'] },
            { from: 'literal', value: 0.5 },
          ],
        },
      },
      cache: { ttl_ms: 2_592_000_000, ignore: ['rates'] },
      retry: { max: 3, backoff_ms: 2000 },
      timeout_ms: 7_200_000,
      resources: { cpu: 0.5, memory_mb: 1536, gpu: 0 },
    });
    expect(graph.nodes[1]).toMatchObject({
      inputs: { auc: { from: 'output', node: 'train', output: 'auc', path: ['test'] } },
      after: ['train'],
    });
    expect(graph.params).toMatchObject({ properties: { rate: { default: 0.1 } }, required: ['month'] });
    expect(graph.triggers).toMatchObject([
      { when: { kind: 'schedule', cron: '0 3 * * *', timezone: 'Europe/Berlin' } },
      { when: { kind: 'event', type: 'dataset.version.created' }, guard: { cooldown_ms: 3_600_000 } },
    ]);
  });

  it('says what is wrong with a pipeline', () => {
    const a = step('a', { out: { n: value(z.number()) }, run: () => ({ n: 1 }) });
    const b = step('b', { in: { n: a.out.n }, run: () => ({}) });
    const graph = (build: () => unknown) => () => pipeline('x', {}, build).graph();
    expect(() => a()).toThrow("Step 'a' was called outside of a pipeline's build function.");
    expect(graph(() => [a(), a(), b()])).toThrow("takes 'n' from 'a', which is in the pipeline 2 times");
    expect(graph(() => step('c', { timeout: 'soon' as '1s', run: () => ({}) })())).toThrow(
      "'soon' is no duration",
    );
    expect(graph(async () => {})).toThrow('cannot be async');
  });

  it('finds the server by what is given, the environment, and the data folder of this machine', () => {
    const data = mkdtempSync(join(tmpdir(), 'rondo-sdk-'));
    writeFileSync(join(data, 'token'), 'from-the-folder\n');
    writeFileSync(join(data, 'server.json'), JSON.stringify({ url: 'http://127.0.0.1:1234' }));
    expect(findSettings({ data }, {})).toEqual({
      url: 'http://127.0.0.1:1234',
      token: 'from-the-folder',
      project: 'default',
    });
    expect(
      findSettings({}, { RONDO_DATA: data, RONDO_URL: 'http://far.example/', RONDO_PROJECT: 'p' }),
    ).toEqual({
      url: 'http://far.example',
      token: undefined,
      project: 'p',
    });
    expect(findSettings({ token: 'mine' }, { RONDO_DATA: data, RONDO_TOKEN: 'other' }).token).toBe('mine');
    rmSync(data, { recursive: true });
  });

  it('explains that nobody answers', async () => {
    const rondo = new Rondo({ url: 'http://127.0.0.1:9', token: 'x' });
    await expect(rondo.pipelines.listPipelines()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(rondo.uploadBlob(new Uint8Array(1))).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('reads Parquet into columns', async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'n', data: Int32Array.from({ length: 5000 }, (_, i) => i), type: 'INT32' },
          {
            name: 's',
            data: Array.from({ length: 5000 }, (_, i) => (i % 7 ? `s${i}` : null)),
            type: 'STRING',
          },
        ],
        rowGroupSize: 2000,
      }),
    );
    const all = await readParquet(bytes);
    expect(all.rows).toBe(5000);
    expect(all.columns.n).toHaveLength(5000);
    expect([all.columns.n?.[4999], all.columns.s?.[7], all.columns.s?.[4999]]).toEqual([4999, null, 's4999']);
    expect(Object.keys((await readParquet(bytes, { columns: ['s'] })).columns)).toEqual(['s']);
  });

  it('writes an MLmodel whose texts cannot break out of it', () => {
    const text = mlModel(
      {
        signature: {
          inputs: [{ name: 'a"\nflavors: x', type: 'double' }],
          outputs: [{ name: 'y', type: 'float' }],
        },
        featureService: 'svc',
      },
      { model_id: 'm-1', run_id: 'r', artifact_path: 'p' },
    );
    expect(text.split('\n').filter((line) => line.startsWith('flavors'))).toEqual(['flavors:']);
    expect(text).toContain('  feature_service: "svc"');
  });

  it('asks again what may be asked twice when no answer begins, and lets a body take its time', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      if (asked === 1) return;
      response.write('slow ');
      setTimeout(() => response.end('body'), 300);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const response = await patientFetch(true, 100)(`http://127.0.0.1:${port}/`);
    expect(await response.text()).toBe('slow body');
    expect(asked).toBeGreaterThan(1);
    server.closeAllConnections();
    server.close();
  });

  it('repeats, when told to be patient, what may be asked twice, and nothing else', async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked++;
      if (asked === 1) request.socket.destroy();
      else response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ask = (method: string, patient: boolean) => {
      asked = 0;
      return new Rondo({ url, patient }).request(method, '/x').then(
        () => asked,
        (error: { code: string }) => error.code,
      );
    };
    expect(await ask('GET', true)).toBe(2);
    expect(await ask('PUT', true)).toBe(2);
    expect(await ask('POST', true)).toBe('UNREACHABLE');
    expect(await ask('GET', false)).toBe('UNREACHABLE');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));

    // Nothing listens for a moment: what was refused did not arrive, so even a POST is asked again.
    const later = createServer((_, response) => response.end('{}'));
    const { port } = new URL(url);
    const waiting = new Rondo({ url, patient: true }).request('POST', '/x');
    setTimeout(() => later.listen(Number(port), '127.0.0.1'), 300);
    expect((await waiting).status).toBe(200);
    later.closeAllConnections();
    await new Promise((resolve) => later.close(resolve));
  });
});
