/** Numbers of one column of a chunk, in 32 bits while that loses nothing, else in 64. */
export class NumberColumn {
  private data: Float32Array | Float64Array;

  constructor(size: number) {
    this.data = new Float32Array(size);
  }

  get(index: number): number {
    return this.data[index] as number;
  }

  set(index: number, value: number): void {
    if (this.data instanceof Float32Array && Math.fround(value) !== value && !Number.isNaN(value)) {
      this.data = Float64Array.from(this.data);
    }
    this.data[index] = value;
  }

  get bytes(): number {
    return this.data.byteLength;
  }
}

const HALF = 2 ** 31;

/** Epoch milliseconds of a chunk: 32-bit distances from a base while all lie within ±24 days of the first, else 64 bits. */
export class TimeColumn {
  private data: Uint32Array | Float64Array;
  private base: number | undefined;

  constructor(size: number) {
    this.data = new Uint32Array(size);
  }

  get(index: number): number {
    const value = this.data[index] as number;
    return this.data instanceof Uint32Array ? value + (this.base ?? 0) : value;
  }

  set(index: number, time: number): void {
    if (this.data instanceof Uint32Array) {
      this.base ??= time - HALF;
      const distance = time - this.base;
      if (distance >= 0 && distance < 2 * HALF) {
        this.data[index] = distance;
        return;
      }
      const base = this.base;
      this.data = Float64Array.from(this.data, (value) => value + base);
    }
    this.data[index] = time;
  }

  get bytes(): number {
    return this.data.byteLength;
  }
}
