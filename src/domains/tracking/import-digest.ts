import { createHash } from 'node:crypto';
import type { KeyValue } from './schema.ts';
import type { RunDigest } from './schema/import.ts';

/** A NaN is 0 with a mark and the infinities are the largest doubles, as they are stored. */
export interface DigestPoint {
  step: number;
  ts: number;
  value: number;
  is_nan: number;
}

const POINT_BYTES = 32;
const POINTS_AT_ONCE = 512;

/** The order in which points of one metric are digested; the same point twice is one point. */
export const byPlace = (a: DigestPoint, b: DigestPoint): number =>
  a.step - b.step || a.ts - b.ts || a.value - b.value || a.is_nan - b.is_nan;

/** sha256 over points in the order of `byPlace`, four big-endian doubles each. */
export class SeriesDigest {
  points = 0;
  readonly #hash = createHash('sha256');
  readonly #buffer = Buffer.alloc(POINT_BYTES * POINTS_AT_ONCE);
  #used = 0;

  add({ step, ts, value, is_nan }: DigestPoint): void {
    for (const number of [step, ts, value, is_nan])
      this.#used = this.#buffer.writeDoubleBE(number, this.#used);
    this.points++;
    if (this.#used === this.#buffer.length) this.#flush();
  }

  end(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

/** Over pairs in the order of their keys' characters; the last value of a key given twice counts. */
export function digestPairs(pairs: readonly KeyValue[]): string {
  const last = new Map(pairs.map(({ key, value }) => [key, value]));
  const hash = createHash('sha256');
  for (const pair of [...last].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${JSON.stringify(pair)}\n`);
  return hash.digest('hex');
}

/** Puts the parts together: the same run has the same digest wherever it was read. */
export function digestRun(
  run_id: string,
  parts: { params: readonly KeyValue[]; tags: readonly KeyValue[]; metrics: RunDigest['metrics'] },
): RunDigest {
  const params = digestPairs(parts.params);
  const tags = digestPairs(parts.tags);
  const metrics = [...parts.metrics].sort((a, b) => (a.key < b.key ? -1 : 1));
  const hash = createHash('sha256').update(`${params}\n${tags}\n`);
  for (const { key, points, digest } of metrics) hash.update(`${JSON.stringify([key, points, digest])}\n`);
  return { run_id, params, tags, metrics, digest: hash.digest('hex') };
}

/** Of many runs, in the order of their ids. */
export function digestOfRuns(runs: Iterable<readonly [id: string, digest: string]>): string {
  const hash = createHash('sha256');
  for (const [id, digest] of [...runs].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${id} ${digest}\n`);
  return hash.digest('hex');
}
