import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import * as sdk from '@aws-sdk/client-s3';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import { type BlobStore, type ForeignFiles, openBlobs, openForeign } from '../../src/artifacts/index.ts';
import { copyInParts } from '../../src/artifacts/s3/copy-parts.ts';
import { Rondo } from '../../src/sdk/index.ts';
import { blobStoreContract } from '../harness/blob-store.ts';
import { linearModel } from '../harness/onnx.ts';
import { rondoCommand } from '../harness/process.ts';
import { testServer, type TestServer } from '../harness/server.ts';

/** Address of an S3 server, `http://host:port`; credentials are in the AWS variables. */
const endpoint = process.env.RONDO_TEST_S3_URL;

describe('S3', () => {
  const bucket = `rondo-${randomUUID().slice(0, 8)}`;
  const url = `s3://${bucket}/some/prefix?endpoint=${endpoint}`;
  let client: S3Client;

  beforeAll(async () => {
    if (!endpoint)
      throw new Error(
        'Set RONDO_TEST_S3_URL to an S3 server, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      );
    client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  afterAll(() => client.destroy());

  describe('blobs', () => {
    let blobs: BlobStore;
    beforeAll(async () => {
      blobs = await openBlobs({ folder: '/nowhere', url });
    });

    blobStoreContract(
      () => blobs,
      async () => {
        const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
        return Uploads?.length ?? 0;
      },
    );

    it('copies what is too large for one request part by part', async () => {
      const bytes = randomBytes(12 * 1024 ** 2 + 1);
      const { digest } = await blobs.put(bytes);
      const Key = `some/prefix/blobs/${digest.slice(0, 2)}/${digest}`;
      await copyInParts({
        sdk,
        client,
        source: `${bucket}/${Key}`,
        target: { Bucket: bucket, Key: 'copy' },
        size: bytes.length,
        partBytes: 5 * 1024 ** 2,
      });
      const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: 'copy' }));
      expect(Buffer.compare((await Body?.transformToByteArray()) ?? Buffer.alloc(0), bytes)).toBe(0);
      const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      expect(Uploads ?? []).toEqual([]);
    });

    it('says that the store is down, or that the bucket is not there, and not that a blob is missing', async () => {
      const nobody = await openBlobs({ folder: '', url: `s3://${bucket}?endpoint=http://127.0.0.1:9` });
      const nowhere = await openBlobs({ folder: '', url: `s3://no-such-bucket-here?endpoint=${endpoint}` });
      for (const blobs of [nobody, nowhere]) {
        const down = {
          code: 'BLOB_STORE_DOWN',
          status: 503,
          hint: expect.stringContaining('RONDO_ARTIFACTS_URL'),
        };
        await expect(blobs.put(new Uint8Array(10))).rejects.toMatchObject(down);
        await expect(blobs.read('0'.repeat(64))).rejects.toMatchObject(down);
      }
    });
  });

  it('lists and reads what clients wrote below a root, and nothing beside it', async () => {
    const put = (Key: string, Body: string) =>
      client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: `roots/own/${Key}`, Body }));
    await put('0/run/artifacts/a.txt', 'alpha');
    await put('0/run/artifacts/deep/er/b.json', '{}');
    await put('../beside.txt', 'hidden');
    const root = `s3://${bucket}/roots/own`;
    const files = openForeign(`${root}?endpoint=${endpoint}`) as ForeignFiles;
    const uri = `${root}/0/run/artifacts`;
    expect(await files.list(uri, '')).toEqual([
      { path: 'a.txt', is_dir: false, file_size: 5 },
      { path: 'deep', is_dir: true },
    ]);
    expect(await files.list(uri, 'deep/er')).toEqual([
      { path: 'deep/er/b.json', is_dir: false, file_size: 2 },
    ]);
    expect(await text((await files.open(uri, 'a.txt'))?.body as Readable)).toBe('alpha');
    expect(await files.open(uri, 'none')).toBeUndefined();
    await expect(files.open(uri, '../../../../beside.txt')).rejects.toMatchObject({ status: 400 });
    const signed = async (way: 'upload' | 'download', path: string) =>
      (await files.presign?.(uri, path, { way, seconds: 60 }))?.presigned_url;
    const sent = await fetch((await signed('upload', 'new/c.txt')) ?? '', { method: 'PUT', body: 'gamma' });
    expect(sent.status).toBe(200);
    expect(await text((await files.open(uri, 'new/c.txt'))?.body as Readable)).toBe('gamma');
    const got = await fetch((await signed('download', 'new/c.txt')) ?? '');
    expect([await got.text(), got.headers.get('content-disposition')]).toEqual([
      'gamma',
      "attachment; filename*=UTF-8''c.txt",
    ]);
    expect(await signed('download', 'none')).toBeUndefined();
    await expect(signed('upload', '../../../../beside.txt')).rejects.toMatchObject({ status: 400 });
    for (const elsewhere of [`s3://${bucket}/roots/own-too`, `s3://other/roots/own/0`, `s3://${bucket}`]) {
      expect(await files.list(elsewhere, '')).toEqual([]);
      expect(await files.open(elsewhere, 'a.txt')).toBeUndefined();
      expect(await files.presign?.(elsewhere, 'a.txt', { way: 'upload', seconds: 60 })).toBeUndefined();
    }
  });

  describe('a server on it', () => {
    let proxy: Proxy;
    let server: TestServer;
    let rondo: Rondo;
    let data: string;

    beforeAll(async () => {
      await build();
      proxy = await cuttable(new URL(endpoint as string));
      data = mkdtempSync(join(tmpdir(), 'rondo-s3-'));
      const artifactsUrl = `s3://${bucket}/server?endpoint=http://127.0.0.1:${proxy.port}&direct=true`;
      server = await testServer('sqlite', { data: join(data, 'server'), artifactsUrl });
      rondo = new Rondo({ url: server.url, token: server.token });
    });
    afterAll(async () => {
      await server?.end();
      await proxy?.close();
      rmSync(data, { recursive: true, force: true });
    });

    const list = async (run: string) =>
      ((await server.call('GET', `/api/2.0/mlflow/artifacts/list?run_id=${run}`)).body.files ?? []) as {
        path: string;
      }[];

    it('takes, lists and gives back artifacts, and keeps none in its data folder', async () => {
      const run = await rondo.startRun({ experiment: 's3', name: 'files', background: false });
      const bytes = randomBytes(200_000);
      await run.logArtifact('deep/data.bin', bytes);
      await run.logArtifact('note.txt', 'hello');
      expect((await list(run.id)).map((file) => file.path)).toEqual(['deep', 'note.txt']);
      const answer = await fetch(`${server.url}/get-artifact?run_id=${run.id}&path=deep/data.bin`);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
      expect(existsSync(join(data, 'server', 'artifacts', 'blobs'))).toBe(false);
    });

    it('imports and profiles a dataset', async () => {
      const file = join(data, 'rows.csv');
      writeFileSync(file, `n,word\n${Array.from({ length: 500 }, (_, i) => `${i},w${i % 7}`).join('\n')}\n`);
      const words = [
        '--url',
        server.url,
        '--token',
        server.token,
        '--json',
        'datasets',
        'import',
        'rows',
        file,
      ];
      const { stdout } = await rondoCommand(...words);
      expect(JSON.parse(stdout)).toMatchObject({ state: 'done', result: { version: 1, rows: 500 } });
      const version = await rondo.datasets.getDatasetVersion({ params: { name: 'rows', version: 'latest' } });
      expect(version.profile.columns.map((column) => [column.name, column.distinct])).toEqual([
        ['n', 500],
        ['word', 7],
      ]);
    });

    it('registers a model and answers with it from an endpoint', async () => {
      const run = await rondo.startRun({ experiment: 's3', name: 'model' });
      const { model_id } = await run.logModel({
        name: 'model',
        flavor: 'onnx',
        bytes: linearModel([3], 1),
        signature: { inputs: [{ name: 'x', type: 'float' }], outputs: [{ name: 'y', type: 'float' }] },
      });
      await run.end();
      await rondo.registerModel('line', { model_id, run_id: run.id });
      await rondo.serving.deploy({
        params: { endpoint: 'line' },
        body: { environment: 'dev', model: 'line', version: 1 },
      });
      const { gateway } = await rondo.server.getStatus({});
      const answer = await fetch(`${gateway}/endpoints/line/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ dataframe_records: [{ x: 5 }] }),
      });
      expect(answer.status).toBe(200);
      expect(JSON.stringify(await answer.json())).toContain('16');
      const id = answer.headers.get('x-rondo-prediction-id') as string;
      const logged = await rondo.serving.getPrediction({ params: { id } });
      expect(logged.prediction).toMatchObject({ output: 16 });
    });

    it.runIf(process.env.MLFLOW_PYTHON)(
      'serves the MLflow client: log a model, register it, load it',
      async () => {
        const script = join(data, 'client.py');
        writeFileSync(script, CLIENT);
        const { stdout } = await promisify(execFile)(
          process.env.MLFLOW_PYTHON as string,
          ['-W', 'ignore', script],
          {
            cwd: data,
            env: {
              ...process.env,
              MLFLOW_TRACKING_URI: server.url,
              MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
              // As the client does it with large files; it learns from the server that it can.
              MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: '6000000',
              MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: '5242880',
            },
          },
        );
        expect(stdout.trim().split('\n').at(-1)).toBe('ok');
      },
    );

    it('takes an upload in parts past itself, addresses it by its bytes, and gives it out in the same way', async () => {
      const run = await rondo.startRun({ experiment: 's3', name: 'parts', background: false });
      const api = '/api/2.0/mlflow-artifacts';
      const folder = `1/${run.id}/artifacts/big`;
      const bytes = randomBytes(6 * 1024 ** 2);
      const pieces = [bytes.subarray(0, 5 * 1024 ** 2), bytes.subarray(5 * 1024 ** 2)];
      const begin = async () => {
        const asked = { path: '/home/me/all.bin', num_parts: 2 };
        return (await server.call('POST', `${api}/mpu/create/${folder}`, asked)).body as {
          upload_id: string;
          credentials: { url: string; part_number: number }[];
        };
      };
      const refused = async (to: string, body: object) =>
        (await server.call('POST', `${api}/mpu/create/${to}`, { path: 'a', num_parts: 1, ...body })).body
          .error_code;
      for (const to of [`${folder}/%252e%252e/x`, `${folder}/..%5c..%5cx`, 'model-versions/default/1/1/x'])
        expect([to, await refused(to, {})]).toEqual([
          to,
          expect.stringMatching(/INVALID_PARAMETER|NOT_EXIST/),
        ]);
      for (const body of [{ path: '..' }, { path: '' }, { num_parts: 0 }, { num_parts: 10_001 }])
        expect([body, await refused(folder, body)]).toEqual([body, 'INVALID_PARAMETER_VALUE']);
      const { upload_id, credentials } = await begin();
      const parts: { part_number: number; etag: string; url: string }[] = [];
      for (const { url, part_number } of credentials) {
        const answer = await fetch(url, {
          method: 'PUT',
          body: new Uint8Array(pieces[part_number - 1] as Buffer),
        });
        expect(answer.status).toBe(200);
        parts.push({ part_number, etag: answer.headers.get('etag') ?? '', url });
      }
      const complete = (change: object, to = folder) =>
        server.call('POST', `${api}/mpu/complete/${to}`, { path: 'all.bin', upload_id, parts, ...change });
      expect((await complete({}, `1/${run.id}/artifacts/other`)).status).toBe(404);
      expect((await complete({ upload_id: randomUUID() })).status).toBe(404);
      expect((await complete({ parts: [] })).status).toBe(400);
      const wrong = [{ part_number: 1, etag: '"0123456789abcdef0123456789abcdef"' }];
      expect((await complete({ parts: wrong })).status).toBe(400);
      expect(await list(run.id)).toEqual([]);
      // A client that heard no answer completes again.
      const both = await Promise.all([complete({}), complete({})]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect((await complete({})).status).toBe(200);
      const presigned = await server.call('GET', `${api}/presigned/${folder}/all.bin`);
      expect(presigned.body).toMatchObject({ file_size: bytes.length, headers: {} });
      const part = await fetch(presigned.body.url, { headers: { range: 'bytes=100-199' } });
      expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(100, 200));
      const whole = await fetch(`${server.url}/get-artifact?run_id=${run.id}&path=big/all.bin`);
      expect(Buffer.compare(Buffer.from(await whole.arrayBuffer()), bytes)).toBe(0);
      expect((await server.call('GET', `${api}/presigned/${folder}/none.bin`)).status).toBe(404);

      const given = await begin();
      const abort = () =>
        server.call('POST', `${api}/mpu/abort/${folder}`, { path: 'all.bin', upload_id: given.upload_id });
      expect((await abort()).status).toBe(200);
      expect((await complete({ upload_id: given.upload_id })).status).toBe(404);
      const left = async () => {
        const prefix = { Bucket: bucket, Prefix: 'server/uploads/' };
        const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command(prefix));
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(prefix));
        return Contents.length + Uploads.length;
      };
      await expect.poll(left).toBe(0);
    });

    it('says that it is down, keeps nothing half, and goes on when it is back', async () => {
      const run = await rondo.startRun({ experiment: 's3', name: 'down' });
      const target = `/api/2.0/mlflow-artifacts/artifacts/1/${run.id}/artifacts/late.bin`;
      const put = async (body: Uint8Array<ArrayBuffer>) =>
        fetch(server.url + target, {
          method: 'PUT',
          body,
          headers: { authorization: `Bearer ${server.token}` },
        });
      const bytes = new Uint8Array(randomBytes(50_000));
      proxy.cut(true);
      const refused = await put(bytes);
      expect(refused.status).toBe(503);
      expect(await refused.text()).toContain('The artifact store does not answer.');
      const imported = await server.call('POST', '/api/v1/projects/default/blobs', 'x');
      expect([imported.status, imported.body.code, imported.body.hint]).toEqual([
        503,
        'BLOB_STORE_DOWN',
        expect.stringContaining('RONDO_ARTIFACTS_URL'),
      ]);
      expect(await list(run.id)).toEqual([]);
      // What needs no bytes goes on.
      await run.logMetric('still', 1);
      proxy.cut(false);
      expect((await put(bytes)).status).toBe(200);
      expect((await list(run.id)).map((file) => file.path)).toEqual(['late.bin']);
    });

    it('is backed up and comes back on a disk', async () => {
      const artifactsUrl = `s3://${bucket}/server?endpoint=${endpoint}`;
      const backup = join(data, 'backup');
      await rondoCommand('--data', server.data, 'backup', backup, '--artifacts-url', artifactsUrl);
      await rondoCommand('--data', join(data, 'restored'), 'restore', backup);
      const restored = await testServer('sqlite', { data: join(data, 'restored') });
      try {
        const { body } = await restored.call('POST', '/api/2.0/mlflow/runs/search', {
          experiment_ids: ['1'],
          filter: "attributes.run_name = 'files'",
        });
        const run = body.runs[0].info.run_id as string;
        const answer = await fetch(`${restored.url}/get-artifact?run_id=${run}&path=note.txt`);
        expect(await answer.text()).toBe('hello');
      } finally {
        await restored.end();
      }
    });
  });
});

const CLIENT = `
import mlflow, numpy as np
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
x = np.arange(10.0).reshape(-1, 1); y = x[:, 0] * 2 + 1
mlflow.set_experiment('s3-client')
with mlflow.start_run():
    model = LinearRegression().fit(x, y)
    mlflow.sklearn.log_model(model, name='model', registered_model_name='s3-line', signature=infer_signature(x, y))
    mlflow.log_text('text', 'a/b.txt')
    open('large.bin', 'wb').write(bytes(range(256)) * 50_000)
    from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository
    sent = []
    part = HttpArtifactRepository._upload_part
    HttpArtifactRepository._upload_part = staticmethod(lambda **given: sent.append(part(**given)) or sent[-1])
    mlflow.log_artifact('large.bin', 'large')
    assert len(sent) == 3, sent
loaded = mlflow.sklearn.load_model('models:/s3-line/1')
assert abs(loaded.predict([[20.0]])[0] - 41) < 1e-9
run = mlflow.last_active_run().info.run_id
assert mlflow.artifacts.load_text(f'runs:/{run}/a/b.txt') == 'text'
back = mlflow.artifacts.download_artifacts(f'runs:/{run}/large/large.bin')
assert open(back, 'rb').read() == bytes(range(256)) * 50_000
print('ok')
`;

interface Proxy {
  port: number;
  /** Ends every connection and takes no new one. */
  cut(on: boolean): void;
  close(): Promise<void>;
}

/** Stands between the server and its store, so that the store can go away and come back. */
async function cuttable(to: URL): Promise<Proxy> {
  const open = new Set<Socket>();
  let down = false;
  const server = createServer((socket) => {
    if (down) return socket.destroy();
    const onward = connect(Number(to.port), to.hostname);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const destroy = () => open.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    cut(on) {
      down = on;
      if (on) destroy();
    },
    async close() {
      destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
