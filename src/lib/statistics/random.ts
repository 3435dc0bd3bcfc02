import { lgamma } from './special.ts';

/** A seeded source of uniform numbers in [0, 1), 53 bits each. The same seed gives the same numbers on every platform. */
export type Random = () => number;

/** xoshiro128** (Blackman and Vigna), its state filled from a 128-bit hash of the seed. */
export function createRandom(seed: string | number): Random {
  let [a, b, c, d] = seedState(String(seed));
  const next32 = () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
  return () => (next32() * 2097152 + (next32() >>> 11)) / 9007199254740992;
}

/** A number in [0, 1) that depends on seed and key alone, with 53 well-mixed bits: for sampling by key. */
export function hashToUnit(seed: string, key: string): number {
  const [a, b] = seedState(`${seed.length}:${seed}${key}`);
  return ((a >>> 0) * 2097152 + (b >>> 11)) / 9007199254740992;
}

/** One draw from the standard normal distribution (Marsaglia's polar method). */
export function normal(random: Random): number {
  for (;;) {
    const u = 2 * random() - 1;
    const v = 2 * random() - 1;
    const square = u * u + v * v;
    if (square > 0 && square < 1) return u * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

/** Successes in n trials of probability p. Exact: inversion for small n·p, Hörmann's BTRS rejection (1993) otherwise. */
export function binomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  return n * p < 10 ? binomialByInversion(random, n, p) : binomialByRejection(random, n, p);
}

/** Counts of n draws over categories with the given weights (any scale). The sum of the result is n. */
export function multinomial(random: Random, n: number, weights: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(weights.length);
  let weightLeft = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    weightLeft += weights[i] as number;
    if ((weights[i] as number) > 0) last = i;
  }
  let left = n;
  for (let i = 0; i < last && left > 0; i++) {
    const weight = weights[i] as number;
    const drawn = binomial(random, left, Math.min(1, weight / weightLeft));
    counts[i] = drawn;
    left -= drawn;
    weightLeft -= weight;
  }
  counts[last] = (counts[last] as number) + left;
  return counts;
}

/** k distinct indices out of 0 … n-1 in ascending order (Floyd's algorithm); all of them when k ≥ n. */
export function sampleIndices(random: Random, n: number, k: number): Uint32Array {
  if (k >= n) return Uint32Array.from({ length: n }, (_, i) => i);
  const chosen = new Set<number>();
  for (let top = n - k; top < n; top++) {
    const candidate = Math.floor(random() * (top + 1));
    chosen.add(chosen.has(candidate) ? top : candidate);
  }
  return Uint32Array.from(chosen).sort();
}

/** Shuffles in place (Fisher and Yates) and returns the same array. */
export function shuffle<T extends { length: number; [index: number]: unknown }>(random: Random, items: T): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

function binomialByInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  for (;;) {
    let probability = Math.exp(n * Math.log1p(-p));
    let u = random();
    for (let k = 0; k <= Math.min(n, 200); k++) {
      if (u < probability) return k;
      u -= probability;
      probability *= (odds * (n - k)) / (k + 1);
    }
  }
}

function binomialByRejection(random: Random, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const logOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const atMode = lgamma(mode + 1) + lgamma(n - mode + 1);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > n) continue;
    const height = Math.log((v * alpha) / (a / (us * us) + b));
    if (height <= atMode - lgamma(k + 1) - lgamma(n - k + 1) + (k - mode) * logOdds) return k;
  }
}

/** 128 mixed bits of a text (the 32-bit lanes of MurmurHash3's finaliser over four FNV-like streams). */
function seedState(text: string): [number, number, number, number] {
  const lanes: [number, number, number, number] = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    lanes[0] = Math.imul(lanes[0] ^ code, 0x01000193);
    lanes[1] = Math.imul(lanes[1] ^ code, 0x85ebca6b);
    lanes[2] = Math.imul(lanes[2] ^ code, 0xc2b2ae35);
    lanes[3] = Math.imul(lanes[3] ^ code, 0x9e3779b1);
  }
  const mixed = lanes.map((lane, i) => finalise(lane ^ finalise((lanes[(i + 1) % 4] as number) + i)));
  return mixed.every((lane) => lane === 0) ? lanes : (mixed as typeof lanes);
}

function finalise(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
