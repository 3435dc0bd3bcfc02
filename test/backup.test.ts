import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, freshPostgres } from './harness/database.ts';
import { linearModel } from './harness/onnx.ts';
import { endGateway, rondoCommand, type ServerProcess, serverProcess } from './harness/process.ts';

interface Acknowledged {
  /** Run → the value of its last metric. */
  runs: Map<string, number>;
  /** Run and path → sha256. */
  artifacts: Map<string, string>;
  predictions: Set<string>;
  feedback: Set<string>;
}

const nothing = (): Acknowledged => ({
  runs: new Map(),
  artifacts: new Map(),
  predictions: new Set(),
  feedback: new Set(),
});

/**
 * Clients that write all the time and remember what was acknowledged. With `imports` the log is sealed and imported now and then, so that
 * a back-up meets segments in every state; without, all of it waits in an open segment.
 */
function startLoad(
  server: ServerProcess,
  gateway: string,
  into: Acknowledged,
  imports: boolean,
): () => Promise<void> {
  let stopped = false;
  const again = async (work: (i: number) => Promise<void>) => {
    for (let i = 0; !stopped; i++) await work(i).catch(() => {});
  };
  const workers = [
    again(async (i) => {
      const run = await server.rondo.startRun({ experiment: 'load', name: `run ${i}`, background: false });
      await run.logMetric('n', i, { step: i });
      into.runs.set(run.id, i);
      const bytes = randomBytes(3000 + i);
      await run.logArtifact(`some/file-${i}.bin`, bytes);
      into.artifacts.set(`${run.id}/some/file-${i}.bin`, createHash('sha256').update(bytes).digest('hex'));
    }),
    again(async (i) => {
      const answer = await fetch(`${gateway}/endpoints/line/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ dataframe_records: [{ x: i }] }),
      });
      const id = answer.headers.get('x-rondo-prediction-id');
      if (answer.status !== 200 || !id) return;
      into.predictions.add(id);
      if (i % 5 > 0) return;
      const feedback = JSON.stringify({ feedback: [{ prediction_id: id, label: i }] });
      const said = await fetch(`${gateway}/api/v1/feedback`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: feedback,
      });
      if (said.ok) into.feedback.add(id);
    }),
    again(async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (imports) await server.rondo.serving.settle({ params: { endpoint: 'line' }, body: {} });
    }),
  ];
  return async () => {
    stopped = true;
    await Promise.all(workers);
  };
}

async function serveLine(server: ServerProcess): Promise<void> {
  const run = await server.rondo.startRun({ experiment: 'models', name: 'line' });
  const signature = {
    inputs: [{ name: 'x', type: 'double' as const }],
    outputs: [{ name: 'y', type: 'float' as const }],
  };
  const { model_id } = await run.logModel({
    name: 'model',
    flavor: 'onnx',
    bytes: linearModel([2], 1),
    signature: { ...signature, inputs: [{ name: 'x', type: 'float' }] },
  });
  await run.end();
  await server.rondo.registerModel('line', { model_id, run_id: run.id });
  await server.rondo.serving.deploy({
    params: { endpoint: 'line' },
    body: { environment: 'dev', model: 'line', version: 1 },
  });
}

describe.each(ENGINES)('back-up of a server on %s that serves and writes', (engine) => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-backup-'));
  const data = join(folder, 'data');
  const backup = join(folder, 'backup');
  const acknowledged = nothing();
  const during = nothing();
  const place = (url: string | undefined) => (url ? ['--database-url', url] : []);

  beforeAll(async () => {
    const databaseUrl = engine === 'postgres' ? await freshPostgres() : undefined;
    const server = await serverProcess(data, { databaseUrl });
    const gateway = await server.gateway();
    await serveLine(server);
    let end = startLoad(server, gateway, acknowledged, engine === 'postgres');
    const enough = () =>
      acknowledged.runs.size > 10 && acknowledged.predictions.size > 50 && acknowledged.feedback.size > 5;
    while (!enough()) await new Promise((resolve) => setTimeout(resolve, 20));
    await end();
    end = startLoad(server, gateway, during, engine === 'postgres');
    await rondoCommand('--data', data, 'backup', backup, ...place(databaseUrl));
    // Gone in the middle of writing.
    await server.kill();
    await end();
    await endGateway(data);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it('gives back everything that was acknowledged before it began', async () => {
    expect(during.runs.size).toBeGreaterThan(0);
    const databaseUrl = engine === 'postgres' ? await freshPostgres() : undefined;
    const restored = join(folder, 'restored');
    await rondoCommand('--data', restored, 'restore', backup, ...place(databaseUrl));
    const server = await serverProcess(restored, { databaseUrl });
    try {
      await compare(server, acknowledged);
      await writesOn(server);
    } finally {
      await server.stop();
    }
  });

  it.runIf(engine === 'sqlite')('moves from SQLite to PostgreSQL', async () => {
    const databaseUrl = await freshPostgres();
    const restored = join(folder, 'moved');
    await rondoCommand('--data', restored, 'restore', backup, ...place(databaseUrl));
    expect(existsSync(join(restored, 'rondo.db'))).toBe(false);
    const server = await serverProcess(restored, { databaseUrl });
    try {
      await compare(server, acknowledged);
      await writesOn(server);
    } finally {
      await server.stop();
    }
    const again = rondoCommand('--data', join(folder, 'twice'), 'restore', backup, ...place(databaseUrl));
    await expect(again).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DATABASE_NOT_EMPTY'),
    });
    expect(existsSync(join(folder, 'twice'))).toBe(false);
  });

  it.runIf(engine === 'sqlite')('is one file when it is named so', async () => {
    const file = join(folder, 'backup.tar');
    await rondoCommand('--data', data, 'backup', file);
    const again = rondoCommand('--data', data, 'backup', file);
    await expect(again).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('BACKUP_EXISTS') });
    const restored = join(folder, 'from-file');
    await rondoCommand('--data', restored, 'restore', file);
    const server = await serverProcess(restored);
    try {
      await compare(server, acknowledged);
    } finally {
      await server.stop();
    }
    const used = rondoCommand('--data', restored, 'restore', file);
    await expect(used).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('DATA_NOT_EMPTY') });
  });

  it.runIf(engine === 'sqlite')('is refused when a byte of it differs, or a file is missing', async () => {
    const manifest = JSON.parse(readFileSync(join(backup, 'manifest.json'), 'utf8')) as {
      manifest: { files: { path: string }[] };
    };
    const paths = manifest.manifest.files.map((file) => file.path);
    const one = (start: string) => paths.find((path) => path.startsWith(start)) as string;
    for (const path of ['manifest.json', 'database/rondo.db', one('blobs/'), one('gateway/log/')]) {
      const damaged = join(folder, 'damaged');
      cpSync(backup, damaged, { recursive: true });
      const bytes = readFileSync(join(damaged, path));
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(join(damaged, path), bytes);
      const refused = rondoCommand('--data', join(folder, 'no'), 'restore', damaged);
      await expect(refused, path).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(new RegExp(`${path}[^]*BACKUP_DAMAGED`)),
      });
      expect(existsSync(join(folder, 'no'))).toBe(false);
      rmSync(join(damaged, path));
      const without = rondoCommand('--data', join(folder, 'no'), 'restore', damaged);
      await expect(without, path).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          path === 'manifest.json' ? /BACKUP_UNKNOWN/ : /is missing[^]*BACKUP_DAMAGED/,
        ),
      });
      rmSync(damaged, { recursive: true });
    }
    expect(readdirSync(folder).filter((name) => name.includes('partial') || name.startsWith('.'))).toEqual(
      [],
    );
  });

  it.runIf(engine === 'sqlite')('is not made when a blob that a row names is gone', async () => {
    const [digest] = [...acknowledged.artifacts.values()];
    const path = join(data, 'artifacts', 'blobs', (digest as string).slice(0, 2), digest as string);
    rmSync(path);
    const incomplete = join(folder, 'incomplete');
    const refused = rondoCommand('--data', data, 'backup', incomplete);
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`${digest}[^]*BACKUP_INCOMPLETE`)),
    });
    expect(existsSync(incomplete)).toBe(false);
    const made = await rondoCommand('--json', '--data', data, 'backup', incomplete, '--allow-missing');
    expect(JSON.parse(made.stdout)).toMatchObject({ missing: [digest] });
  });
});

async function compare(server: ServerProcess, expected: Acknowledged): Promise<void> {
  const get = (path: string) =>
    fetch(server.url + path, { headers: { authorization: `Bearer ${server.token}` } });
  const sent = [...expected.runs].map(async ([run, value]) => {
    const answer = (await (await get(`/api/2.0/mlflow/runs/get?run_id=${run}`)).json()) as {
      run: { data: { metrics: { value: number }[] } };
    };
    expect(answer.run.data.metrics[0]?.value).toBe(value);
  });
  for (const [place, digest] of expected.artifacts) {
    const [run, ...path] = place.split('/');
    sent.push(
      get(`/get-artifact?run_id=${run}&path=${path.join('/')}`).then(async (answer) => {
        expect(answer.status).toBe(200);
        const bytes = Buffer.from(await answer.arrayBuffer());
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
      }),
    );
  }
  await Promise.all(sent);
  await server.gateway();
  await server.rondo.serving.settle({ params: { endpoint: 'line' }, body: {} });
  const rows = await allPredictions(server);
  const ids = new Set(rows.map((row) => String(row.prediction_id)));
  const { endpoint } = await server.rondo.serving.getEndpoint({ params: { endpoint: 'line' } });
  // What came in twice would be counted twice.
  expect(endpoint.predictions).toBe(ids.size);
  expect([...expected.predictions].filter((id) => !ids.has(id))).toEqual([]);
  const told = new Set(rows.filter((row) => row.label !== null).map((row) => row.prediction_id));
  expect([...expected.feedback].filter((id) => !told.has(id))).toEqual([]);
}

async function allPredictions(server: ServerProcess): Promise<Record<string, unknown>[]> {
  const found = new Map<unknown, Record<string, unknown>>();
  for (let until = Number.MAX_SAFE_INTEGER; ; ) {
    const before = found.size;
    const { predictions } = await server.rondo.serving.listPredictions({
      params: { endpoint: 'line' },
      query: { limit: 1000, until },
    });
    for (const row of predictions) found.set(row.prediction_id, row);
    if (found.size === before) return [...found.values()];
    until = Math.min(...predictions.map((row) => Number(row.event_time))) + 1;
  }
}

/** The restored server is a server: it takes work, hands out its events, and its answers get ids that were never given. */
async function writesOn(server: ServerProcess): Promise<void> {
  const run = await server.rondo.startRun({ experiment: 'after', name: 'one' });
  await run.logMetric('n', 1);
  await run.end();
  const answer = await fetch(`${await server.gateway()}/endpoints/line/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [{ x: 20 }] }),
  });
  expect(answer.status).toBe(200);
  expect(JSON.stringify(await answer.json())).toContain('41');
  expect(Number(answer.headers.get('x-rondo-prediction-id')?.split('.')[2])).toBeGreaterThan(1000);
  for (;;) {
    const { quiet } = await server.rondo.server.getWork({});
    if (quiet) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
