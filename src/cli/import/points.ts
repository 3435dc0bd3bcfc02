import { IMPORT_BATCH } from '../../domains/tracking/contract/import.ts';
import { inHalves, type Target } from './server.ts';
import type { SourceSeries } from './source.ts';
import type { Tally } from './tally.ts';

const SERIES_AT_ONCE = 2000;

type Piece = { run_id: string; key: string } & ReturnType<SourceSeries['points']['piece']>;

/** Sends points of many series and runs in requests of one size. */
export class PointSender {
  readonly #target: Target;
  readonly #tally: Tally;
  #waiting: Piece[] = [];
  #points = 0;
  #then: (() => void)[] = [];

  constructor(target: Target, tally: Tally) {
    this.#target = target;
    this.#tally = tally;
  }

  async add(run_id: string, { key, points }: SourceSeries): Promise<void> {
    for (let start = 0; start < points.length; ) {
      const end = Math.min(points.length, start + IMPORT_BATCH.points - this.#points);
      this.#waiting.push({ run_id, key, ...points.piece(start, end) });
      this.#points += end - start;
      start = end;
      if (this.#points >= IMPORT_BATCH.points || this.#waiting.length >= SERIES_AT_ONCE) await this.flush();
    }
  }

  /** Calls back once all that was added before is at the server. */
  async sent(then: () => void): Promise<void> {
    if (this.#waiting.length === 0) then();
    else this.#then.push(then);
  }

  async flush(): Promise<void> {
    if (this.#waiting.length > 0) {
      const send = async (some: readonly Piece[]) => {
        const { points } = await this.#target.send('importPoints', { series: [...some] });
        this.#tally.add('points', 'imported', points);
        this.#tally.add(
          'points',
          'present',
          some.reduce((sum, { steps }) => sum + steps.length, -points),
        );
        return [];
      };
      await inHalves(this.#waiting, send, ({ run_id, key, steps }, why) => {
        this.#tally.add('points', 'left_out', steps.length);
        this.#tally.lose({ kind: 'points', id: run_id, key, why, count: steps.length });
        return undefined;
      });
    }
    this.#waiting = [];
    this.#points = 0;
    const then = this.#then;
    this.#then = [];
    for (const each of then) each();
  }
}
