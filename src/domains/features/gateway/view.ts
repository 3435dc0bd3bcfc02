import { NumberColumn, TimeColumn } from './numbers.ts';

const BITS = 13;
const CHUNK = 1 << BITS;
const MASK = CHUNK - 1;

interface Chunk {
  event: TimeColumn;
  created: TimeColumn;
  values: NumberColumn[];
}

/** Rows of one key, ordered by event time, then created time. */
interface Series {
  rows: Uint32Array;
  length: number;
}

/** The rows of one feature view in memory: columns in chunks, and per key the row numbers in time order. */
export class View {
  readonly features: readonly string[];
  private readonly chunks: Chunk[] = [];
  /** A key with one row holds its number; the list comes with the second. */
  private readonly index = new Map<string, number | Series>();
  private count = 0;
  private newest = -Infinity;

  constructor(features: readonly string[]) {
    this.features = features;
  }

  get rows(): number {
    return this.count;
  }

  get keys(): number {
    return this.index.size;
  }

  /** Newest event time, −Infinity without rows. */
  get newestEventTime(): number {
    return this.newest;
  }

  get bytes(): number {
    let total = 0;
    for (const chunk of this.chunks) {
      total += chunk.event.bytes + chunk.created.bytes;
      for (const column of chunk.values) total += column.bytes;
    }
    for (const series of this.index.values()) if (typeof series !== 'number') total += series.rows.byteLength;
    return total;
  }

  /** Adds a row; the same key, event time and created time again replaces the values. `values` from `at` on. */
  add(key: string, event: number, created: number, values: ArrayLike<number>, at = 0): void {
    const series = this.index.get(key);
    if (series === undefined) {
      this.index.set(key, this.append(event, created, values, at));
      return;
    }
    const list: Series = typeof series === 'number' ? { rows: Uint32Array.of(series, 0), length: 1 } : series;
    let place = list.length;
    while (place > 0 && this.isAfter(list.rows[place - 1] as number, event, created)) {
      place = place > 8 ? this.bisect(list, event, created) : place - 1;
    }
    const before = place > 0 ? (list.rows[place - 1] as number) : -1;
    if (before >= 0 && this.eventTime(before) === event && this.createdTime(before) === created) {
      this.write(before, values, at);
      return;
    }
    const row = this.append(event, created, values, at);
    if (list.length === list.rows.length) list.rows = grow(list.rows);
    list.rows.copyWithin(place + 1, place, list.length);
    list.rows[place] = row;
    list.length++;
    if (list !== series) this.index.set(key, list);
  }

  /** Row with the latest event time ≤ `time` (ties: later created), or −1. */
  find(key: string, time: number): number {
    const series = this.index.get(key);
    if (series === undefined) return -1;
    if (typeof series === 'number') return this.eventTime(series) <= time ? series : -1;
    const place = this.bisect(series, time, Infinity);
    return place > 0 ? (series.rows[place - 1] as number) : -1;
  }

  eventTime(row: number): number {
    return (this.chunks[row >>> BITS] as Chunk).event.get(row & MASK);
  }

  createdTime(row: number): number {
    return (this.chunks[row >>> BITS] as Chunk).created.get(row & MASK);
  }

  /** NaN stands for no value. */
  value(row: number, feature: number): number {
    return ((this.chunks[row >>> BITS] as Chunk).values[feature] as NumberColumn).get(row & MASK);
  }

  /** Calls back for every row, key by key in time order. */
  *each(): Generator<{ key: string; row: number }> {
    for (const [key, series] of this.index) {
      if (typeof series === 'number') yield { key, row: series };
      else for (let i = 0; i < series.length; i++) yield { key, row: series.rows[i] as number };
    }
  }

  /** First place whose row comes after (event, created). */
  private bisect(series: Series, event: number, created: number): number {
    let low = 0;
    let high = series.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isAfter(series.rows[middle] as number, event, created)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private isAfter(row: number, event: number, created: number): boolean {
    const time = this.eventTime(row);
    return time > event || (time === event && this.createdTime(row) > created);
  }

  private append(event: number, created: number, values: ArrayLike<number>, at: number): number {
    const row = this.count++;
    if ((row & MASK) === 0) {
      this.chunks.push({
        event: new TimeColumn(CHUNK),
        created: new TimeColumn(CHUNK),
        values: this.features.map(() => new NumberColumn(CHUNK)),
      });
    }
    const chunk = this.chunks[row >>> BITS] as Chunk;
    chunk.event.set(row & MASK, event);
    chunk.created.set(row & MASK, created);
    if (event > this.newest) this.newest = event;
    this.write(row, values, at);
    return row;
  }

  private write(row: number, values: ArrayLike<number>, at: number): void {
    const chunk = this.chunks[row >>> BITS] as Chunk;
    for (let i = 0; i < chunk.values.length; i++)
      (chunk.values[i] as NumberColumn).set(row & MASK, values[at + i] as number);
  }
}

function grow(rows: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(4, Math.ceil(rows.length * 1.25)));
  larger.set(rows);
  return larger;
}
