import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Column, EndpointRoute, RouteTable } from '../../src/domains/serving/schema/route.ts';
import { linearModel } from './onnx.ts';

/** Tests and benchmarks run in the repository's folder. */
const root = process.cwd();

export interface Bundle {
  /** Path of `gateway-parent.js`. */
  entry: string;
  remove(): void;
}

/** Bundles the gateway's processes into a folder of their own below the repository, where native packages are found. */
export async function bundleGateway(): Promise<Bundle> {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const outdir = mkdtempSync(join(root, 'dist', 'gateway-'));
  await build({
    absWorkingDir: root,
    entryPoints: {
      'gateway-parent': 'src/gateway/parent.ts',
      'gateway-worker': 'src/gateway/worker.ts',
      'onnx-thread': 'src/runtimes/onnx/thread.ts',
    },
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['onnxruntime-node', '@aws-sdk/*'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return {
    entry: join(outdir, 'gateway-parent.js'),
    remove: () => rmSync(outdir, { recursive: true, force: true }),
  };
}

export const temporaryFolder = (name: string): string => mkdtempSync(join(tmpdir(), `rondo-${name}-`));

/** Puts a model file where the local artifact store keeps it; returns its digest. */
export function putModel(artifacts: string, bytes: Uint8Array): string {
  const digest = createHash('sha256').update(bytes).digest('hex');
  const folder = join(artifacts, 'blobs', digest.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, digest), bytes);
  return digest;
}

export const doubles = (...names: string[]): Column[] =>
  names.map((name) => ({ name, type: 'double' as const }));

/** Endpoint `eta` with columns a and b, one deployment per given model: y = a·w0 + b·w1 + bias. */
export function linearRoute(
  artifacts: string,
  models: {
    weights: [number, number];
    bias?: number;
    weight?: number;
    shadow?: boolean;
    id?: number;
    version?: string;
  }[],
  more: Partial<EndpointRoute> = {},
): EndpointRoute {
  return {
    project: 'default',
    name: 'eta',
    environment: 'dev',
    log: 'answer',
    sticky: null,
    seed: 'eta',
    request: doubles('a', 'b'),
    deployments: models.map(({ weights, bias = 0, weight = 1, shadow = false, id, version }, i) => ({
      id: id ?? i + 1,
      arm: i === 0 ? 'champion' : `candidate${i > 1 ? i : ''}`,
      weight,
      shadow,
      model: {
        name: 'eta',
        version: version ?? String(id ?? i + 1),
        digest: putModel(artifacts, linearModel(weights, bias)),
        flavor: 'onnx',
      },
      signature: { inputs: doubles('a', 'b'), outputs: [{ name: 'y', type: 'double' as const }] },
      feature_service: null,
    })),
    ...more,
  };
}

export const routeTable = (revision: number, ...endpoints: EndpointRoute[]): RouteTable => ({
  revision,
  endpoints,
  views: [],
  grants: [],
  closed: false,
});
