import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ENGINES, freshPostgres } from './harness/database.ts';
import { endGateway, type ServerProcess, serverProcess } from './harness/process.ts';

const WRITERS = 12;
const ROUNDS = 3;

describe.each(ENGINES)('kill -9 of a server that writes on %s', (engine) => {
  const data = mkdtempSync(join(tmpdir(), 'rondo-kill-writes-'));
  let server: ServerProcess | undefined;
  afterAll(async () => {
    await server?.stop();
    await endGateway(data);
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  });

  it('loses nothing that was answered with 200', async () => {
    const databaseUrl = engine === 'postgres' ? await freshPostgres() : undefined;
    /** Run by its id: the values of `m` that were acknowledged. */
    const told = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      server = await serverProcess(data, { databaseUrl });
      const { url } = server;
      const post = async (path: string, body: object) => {
        const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
        return answer.json() as Promise<{ run: { info: { run_id: string } } }>;
      };
      let dead = false;
      let written = 0;
      const writer = async () => {
        try {
          const { run } = await post('runs/create', { experiment_id: '0' });
          const values: number[] = [];
          told.set(run.info.run_id, values);
          for (let step = 0; ; step++) {
            await post('runs/log-metric', {
              run_id: run.info.run_id,
              key: 'm',
              value: step,
              timestamp: 1,
              step,
            });
            values.push(step);
            written++;
          }
        } catch (error) {
          if (!dead) throw error;
        }
      };
      const writers = Promise.all(Array.from({ length: WRITERS }, writer));
      while (written < 300 * (round + 1)) await new Promise((resolve) => setTimeout(resolve, 5));
      dead = true;
      await server.kill();
      await writers;
      await endGateway(data);
    }
    server = await serverProcess(data, { databaseUrl });
    expect(told.size).toBe(WRITERS * ROUNDS);
    for (const [run_id, values] of told) {
      const query = `run_id=${run_id}&metric_key=m&max_results=25000`;
      const answer = await fetch(`${server.url}/api/2.0/mlflow/metrics/get-history?${query}`);
      const { metrics = [] } = (await answer.json()) as { metrics?: { value: number }[] };
      const kept = new Set(metrics.map((point) => point.value));
      expect(values.filter((value) => !kept.has(value))).toEqual([]);
    }
  });
});
