import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import type { Report } from '../../src/cli/import/tally.ts';
import { runCli } from '../harness/cli.ts';
import { mlflowIn } from '../harness/mlflow.ts';
import { testServer } from '../harness/server.ts';

const home = mkdtempSync(join(tmpdir(), 'rondo-import-wandb-'));
const staging = join(home, 'data/artifacts/staging');

beforeAll(async () => {
  await build();
  const python = await mlflowIn(home, {
    WANDB_SILENT: 'true',
    WANDB_DATA_DIR: join(home, 'data'),
    WANDB_CACHE_DIR: join(home, 'cache'),
  }).with(['wandb']);
  await python.run('wandb_run.py', [], {});
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('rondo import wandb', () => {
  it('brings the artifacts of an offline run along, and says which it cannot', async () => {
    const server = await testServer();
    try {
      const env = { RONDO_URL: server.url, RONDO_TOKEN: server.token, XDG_STATE_HOME: join(home, 'state') };
      const bring = async (...more: string[]) => {
        const ran = await runCli(['import', 'wandb', 'wandb', '--json', ...more], { cwd: home, env });
        return { code: ran.code, report: JSON.parse(ran.out) as Report };
      };
      const { code, report } = await bring();
      expect([code, report.left_out.map(({ kind, key }) => `${kind} ${key}`).toSorted()]).toEqual([
        3,
        ['files artifacts/forest/far.bin', 'params long', 'points acc@1'],
      ]);
      const { experiments } = (
        await server.call('POST', '/api/2.0/mlflow/experiments/search', { max_results: 9 })
      ).body as { experiments: { experiment_id: string }[] };
      const experiment_ids = experiments.map(({ experiment_id }) => experiment_id);
      const { runs } = (await server.call('POST', '/api/2.0/mlflow/runs/search', { experiment_ids }))
        .body as {
        runs: { info: { run_id: string; run_name: string } }[];
      };
      expect(runs.map(({ info }) => info.run_name)).toEqual(['first']);
      const run = runs[0]?.info.run_id;
      const got = async (path: string) =>
        Buffer.from(
          await (
            await fetch(`${server.url}/get-artifact?run_id=${run}&path=${path}`, {
              headers: { authorization: `Bearer ${server.token}` },
            })
          ).arrayBuffer(),
        );
      const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      const weights = sha(Buffer.from('weights'.repeat(1000)));
      expect(sha(await got('artifacts/forest/weights.bin'))).toBe(weights);
      expect(sha(await got('artifacts/single/weights.bin'))).toBe(weights);
      expect((await got('artifacts/forest/sub/config.json')).toString()).toBe('{}');
      expect((await got('artifacts/forest/made.txt')).toString()).toBe('made');
      for (const name of readdirSync(staging)) unlinkSync(join(staging, name));
      const later = (await bring('--again')).report.left_out.filter(({ kind }) => kind === 'files');
      expect(later.map(({ key = '' }) => key).toSorted()).toEqual([
        'artifacts/forest/far.bin',
        'artifacts/forest/made.txt',
        'artifacts/forest/sub/config.json',
        'artifacts/forest/weights.bin',
        'artifacts/single/weights.bin',
      ]);
      expect(later.find(({ key }) => key?.endsWith('made.txt'))?.why).toContain('until it is synced');
    } finally {
      await server.end();
    }
  });
});
