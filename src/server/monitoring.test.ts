import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearModel } from '../../test/harness/onnx.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { urnIn } from '../lib/urn.ts';
import { Rondo } from '../sdk/index.ts';

const DAY = 86_400_000;
const MONDAY = Date.UTC(2001, 0, 1);
const endpoint = 'late';

describe('a monitor on a running server', () => {
  let server: TestServer;
  let rondo: Rondo;
  let gateway: string;

  beforeAll(async () => {
    server = await testServer();
    rondo = new Rondo({ url: server.url, token: server.token });
    await importRows();
    await register(true);
    await register(false);
    for (let url: string | null = null; url === null; ) {
      ({ gateway: url } = await rondo.server.getStatus({}));
      gateway = url ?? '';
    }
  });
  afterAll(() => server.end());

  async function importRows(): Promise<void> {
    const lines = Array.from(
      { length: 200 },
      (_, i) => `2000-12-${String(1 + (i % 20)).padStart(2, '0')},${i}`,
    );
    const { digest } = await rondo.uploadBlob(new Blob([`event_time,a\n${lines.join('\n')}\n`]));
    const files = [{ digest, format: 'csv' as const, name: 'rows.csv' }];
    const params = { name: 'rows' };
    const { job } = await rondo.datasets.importVersion({ params, body: { files } as never });
    for (;;) {
      const { state, error } = await rondo.datasets.getImport({ params: { name: 'rows', job } });
      if (error) throw new Error(error);
      if (state === 'done') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function register(withData: boolean): Promise<void> {
    const run = await rondo.startRun({ experiment: 'e' });
    const { versions } = await rondo.datasets.listDatasetVersions({ params: { name: 'rows' }, query: {} });
    const source = urnIn('default', 'dataset-version', 'rows', 1);
    if (withData) await run.logDataset({ name: 'rows', digest: versions[0]?.digest ?? '', source });
    const { model_id } = await run.logModel({
      name: 'model',
      flavor: 'onnx',
      bytes: linearModel([1], 0),
      signature: { inputs: [{ name: 'a', type: 'double' }], outputs: [{ name: 'y', type: 'double' }] },
    });
    await run.end();
    await rondo.registerModel('late', { model_id, run_id: run.id });
  }

  const deploy = (version: number) =>
    rondo.serving.deploy({ params: { endpoint }, body: { environment: 'dev', model: 'late', version } });

  async function ask(at: number): Promise<void> {
    const { status } = await fetch(`${gateway}/endpoints/${endpoint}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-rondo-event-time': String(at) },
      body: JSON.stringify({ dataframe_records: Array.from({ length: 10 }, (_, a) => ({ a })) }),
    });
    expect(status).toBe(200);
  }

  it('judges a window by the version that answered it, whatever is live when it is judged', async () => {
    await rondo.monitoring.applyMonitor({
      params: { monitor: 'drift' },
      body: { kind: 'drift', name: 'drift', endpoint, window_ms: DAY, min_rows: 5 } as never,
    });
    await deploy(1);
    await ask(MONDAY + 1000);
    // Version 2 was trained on nothing that is known, so nothing of its own could be compared.
    await deploy(2);
    await rondo.serving.settle({ params: { endpoint }, body: { through: MONDAY + DAY } });
    await ask(MONDAY + DAY + 1000);
    await rondo.serving.settle({ params: { endpoint }, body: { through: MONDAY + 2 * DAY } });
    for (;;) {
      const { windows } = await rondo.monitoring.getMonitor({ params: { monitor: 'drift' } });
      if (windows.length < 2) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const [second, first] = windows;
      expect(first).toMatchObject({ start: MONDAY, n: 10, detail: { reference: 'rows v1' } });
      expect(second).toMatchObject({
        state: 'no_data',
        detail: { reference: expect.stringMatching(/^none/) as string },
      });
      return;
    }
  });
});
