import { createHash } from 'node:crypto';
import { SeriesBuffer } from './series.ts';
import type { Lost, SourceSeries } from './source.ts';

/** What a log of one run says, line by line. */
export class CollectedRun {
  readonly params = new Map<string, string>();
  readonly tags = new Map<string, string>();
  /** Epoch ms of the first and the last thing that was said. */
  began = Number.POSITIVE_INFINITY;
  ended = 0;
  readonly #series = new Map<string, SeriesBuffer>();
  readonly #skipped = new Map<string, number>();

  point(key: string, step: number, time: number, value: number): void {
    let series = this.#series.get(key);
    if (!series) this.#series.set(key, (series = new SeriesBuffer()));
    series.add(step, Math.round(time), value);
    this.seen(time);
  }

  seen(time: number): void {
    if (!(time > 0)) return;
    this.began = Math.min(this.began, Math.round(time));
    this.ended = Math.max(this.ended, Math.round(time));
  }

  /** Something that is neither number nor text. */
  skip(key: string, why: string): void {
    const name = `${key}\n${why}`;
    this.#skipped.set(name, (this.#skipped.get(name) ?? 0) + 1);
  }

  has(key: string): boolean {
    return this.#series.has(key);
  }

  async *series(): AsyncGenerator<SourceSeries> {
    for (const [key, points] of this.#series) yield { key, points };
  }

  lost(run: string): Lost[] {
    return [...this.#skipped].map(([name, count]) => {
      const [key = '', why = ''] = name.split('\n');
      return { kind: 'points', id: run, ...(key === '' ? {} : { key }), why, count };
    });
  }
}

export const pairsOfMap = (map: ReadonlyMap<string, string>) =>
  [...map].map(([key, value]) => ({ key, value }));

/** A run id that is the same for the same run, in the form that MLflow's ids have. */
export const madeRunId = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
