import { byPlace, type DigestPoint, SeriesDigest } from '../../domains/tracking/import-digest.ts';

const FIRST = 64;

/** Points of one metric in 24 bytes each: steps, times (epoch ms) and values, NaN and the infinities included. */
export class SeriesBuffer {
  length = 0;
  #steps = new Float64Array(FIRST);
  #times = new Float64Array(FIRST);
  #values = new Float64Array(FIRST);

  add(step: number, time: number, value: number): void {
    if (this.length === this.#steps.length) {
      this.#steps = doubled(this.#steps);
      this.#times = doubled(this.#times);
      this.#values = doubled(this.#values);
    }
    this.#steps[this.length] = step;
    this.#times[this.length] = time;
    this.#values[this.length] = value;
    this.length++;
  }

  /** Brings the points into the order of their digest, each once, and digests them. Those that cannot be kept are dropped. */
  settle(): { points: number; digest: string; dropped: number } {
    const order = Uint32Array.from({ length: this.length }, (_, index) => index);
    const at = (index: number) => this.#stored(index);
    order.sort((a, b) => byPlace(at(a), at(b)));
    const digest = new SeriesDigest();
    const kept: number[] = [];
    let dropped = 0;
    let last: DigestPoint | undefined;
    for (const index of order) {
      const point = at(index);
      if (!Number.isSafeInteger(point.step) || !Number.isSafeInteger(point.ts) || point.ts < 0) {
        dropped++;
        continue;
      }
      if (last && byPlace(last, point) === 0) continue;
      digest.add(point);
      kept.push(index);
      last = point;
    }
    const chosen = Uint32Array.from(kept);
    const pick = (column: Float64Array) => Float64Array.from(chosen, (index) => column[index] as number);
    this.#steps = pick(this.#steps);
    this.#times = pick(this.#times);
    this.#values = pick(this.#values);
    this.length = kept.length;
    return { points: digest.points, digest: digest.end(), dropped };
  }

  /** Columns from a point on, as they are sent. */
  piece(start: number, end: number): { steps: number[]; times: number[]; values: (number | 'NaN')[] } {
    return {
      steps: [...this.#steps.subarray(start, end)],
      times: [...this.#times.subarray(start, end)],
      values: Array.from(this.#values.subarray(start, end), wire) as (number | 'NaN')[],
    };
  }

  #stored(index: number): DigestPoint {
    const value = this.#values[index] as number;
    const is_nan = Number.isNaN(value) ? 1 : 0;
    const bounded = Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);
    return {
      step: this.#steps[index] as number,
      ts: this.#times[index] as number,
      // Zero has one sign.
      value: is_nan === 1 ? 0 : bounded + 0,
      is_nan,
    };
  }
}

const wire = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const more = new Float64Array(column.length * 2);
  more.set(column);
  return more;
}
