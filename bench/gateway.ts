// Claim: the gateway, with validation and the prediction log on, is at least half as fast as a bare node:http + onnxruntime program.
// Both on core 0 (taskset), the load generator on core 1, in turns. Usage: node bench/gateway.mjs [seconds] [rounds]
import { spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adoptOrSpawn } from '../src/domains/serving/gateway-client.ts';
import { bundleGateway, doubles, putModel, routeTable, temporaryFolder } from '../test/harness/gateway.ts';
import { forestModel } from '../test/harness/onnx.ts';
// @ts-expect-error plain JavaScript
import { load as loadUntyped, post as postUntyped } from './load.mjs';

interface Result {
  requests: number;
  errors: number;
  perSecond: number;
  p50: number;
  p99: number;
}
const load = loadUntyped as (options: {
  port: number;
  connections: number;
  seconds: number;
  payload(): string;
}) => Promise<Result>;
const post = postUntyped as (path: string, body: string) => string;

const seconds = Number(process.argv[2] ?? 4);
const rounds = Number(process.argv[3] ?? 3);
const FEATURES = 20;

const pin = (pid: number, core: number) =>
  spawnSync('taskset', ['-a', '-p', '-c', String(core), String(pid)]);

const folder = temporaryFolder('bench');
const bundle = await bundleGateway();
const bytes = forestModel(100, 3, FEATURES);
const names = Array.from({ length: FEATURES }, (_, i) => `f${i}`);
const control = await adoptOrSpawn(join(folder, 'gateway'), {
  entry: bundle.entry,
  host: '127.0.0.1',
  port: 0,
  artifacts: join(folder, 'artifacts'),
});
writeFileSync(join(folder, 'model.onnx'), bytes);
const bare = spawn(
  'taskset',
  ['-c', '0', process.execPath, 'bench/bare-server.mjs', join(folder, 'model.onnx')],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  await control.putRoutes(
    routeTable(1, {
      project: 'default',
      name: 'bench',
      environment: 'dev',
      log: 'answer',
      sticky: null,
      seed: '',
      request: doubles(...names),
      deployments: [
        {
          id: 1,
          arm: 'champion',
          weight: 1,
          shadow: false,
          model: {
            name: 'forest',
            version: '1',
            digest: putModel(join(folder, 'artifacts'), bytes),
            flavor: 'onnx',
          },
          signature: { inputs: doubles(...names), outputs: [{ name: 'y', type: 'double' }] },
          feature_service: null,
        },
      ],
    }),
  );
  const barePort = Number(
    await new Promise<string>((resolve) =>
      bare.stdout.once('data', (line: Buffer) => resolve(line.toString())),
    ),
  );
  const { serving } = await control.status();
  pin(serving?.pid ?? 0, 0);
  pin(process.pid, 1);
  const bodies = Array.from({ length: 200 }, () =>
    JSON.stringify({
      inputs: [
        {
          name: 'x',
          shape: [1, FEATURES],
          datatype: 'FP32',
          data: names.map(() => Number(Math.random().toFixed(4))),
        },
      ],
    }),
  );
  const requests = (path: string) => bodies.map((body) => post(path, body));
  const cases = [
    { name: 'bare', port: barePort, requests: requests('/') },
    {
      name: 'gateway',
      port: Number(new URL(control.url()).port),
      requests: requests('/v2/models/bench/infer'),
    },
  ];
  const best: Record<string, number> = {};
  for (const connections of [1, 64]) {
    for (let round = 0; round < rounds; round++) {
      for (const { name, port, requests: list } of cases) {
        let i = 0;
        const result = await load({
          port,
          connections,
          seconds,
          payload: () => list[i++ % list.length] as string,
        });
        best[`${name} ${connections}`] = Math.max(best[`${name} ${connections}`] ?? 0, result.perSecond);
        console.log(
          `${name.padEnd(8)} c=${connections}: ${result.perSecond.toFixed(0)}/s p50 ${result.p50.toFixed(2)} ms p99 ${result.p99.toFixed(2)} ms errors ${result.errors}`,
        );
      }
    }
    console.log(
      `ratio at concurrency ${connections}: ${((best[`gateway ${connections}`] as number) / (best[`bare ${connections}`] as number)).toFixed(2)} (best of ${rounds})`,
    );
  }
} finally {
  bare.kill();
  await control.stop();
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
}
