import { MOST_BUCKETS } from './service-level.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Answers and errors of one deployment in one slot of time of one clock. */
export interface LevelCell {
  endpoint: string;
  clock: 'event' | 'wall';
  step_ms: number;
  /** Start of the slot, epoch ms. */
  slot: number;
  /** 0 for errors that came before a deployment was chosen. */
  deployment: number;
  answers: number;
  /** Requests that failed with 5xx; on the wall clock only, for a failed request has no event time. */
  errors: number;
  /** Latencies as `bucket:count`, apart by blanks, ascending. */
  latency: string;
  /** Wall time of the first and the last answer; null without one. */
  first_wall: number | null;
  last_wall: number | null;
}

/** A bucket is this much wider than the one before it, so that its middle is at most 1% off any latency in it. */
export const LATENCY_GROWTH = 1.02;

/** Lengths of slots that are kept, ms; event time is finer only where the wall is, because a replay squeezes it. */
export const RESOLUTIONS = {
  wall: [10_000, 5 * MINUTE, HOUR, DAY],
  event: [15 * MINUTE, HOUR, DAY],
} as const;

/** The coarsest kept resolution that is not above `step`, else the finest. */
export function resolutionFor(clock: LevelCell['clock'], step: number): number {
  return RESOLUTIONS[clock].findLast((each) => each <= step) ?? RESOLUTIONS[clock][0];
}

/** How long cells of a resolution are asked for: charts of longer spans read the next. Null: for ever. */
export function horizonOf(clock: LevelCell['clock'], resolution: number): number | null {
  const next = RESOLUTIONS[clock].find((each) => each > resolution);
  return next === undefined ? null : MOST_BUCKETS * next;
}

/** The cells in every kept resolution of their clock, each slot once. */
export const inAllResolutions = (cells: readonly LevelCell[]): LevelCell[] =>
  joined(
    cells.flatMap((cell) =>
      RESOLUTIONS[cell.clock].map((step_ms) => ({
        ...cell,
        step_ms,
        slot: Math.floor(cell.slot / step_ms) * step_ms,
      })),
    ),
  );

/** Cells of the same slot and deployment become one. */
export function joined(cells: readonly LevelCell[]): LevelCell[] {
  const groups = new Map<string, LevelCell[]>();
  for (const cell of cells) {
    const key = [cell.endpoint, cell.clock, cell.step_ms, cell.slot, cell.deployment].join(' ');
    const group = groups.get(key);
    if (group) group.push(cell);
    else groups.set(key, [cell]);
  }
  return [...groups.values()].map((group) => {
    if (group.length === 1) return group[0] as LevelCell;
    const walls = group.flatMap((cell) =>
      cell.first_wall === null || cell.last_wall === null ? [] : [cell.first_wall, cell.last_wall],
    );
    return {
      ...(group[0] as LevelCell),
      answers: group.reduce((sum, cell) => sum + cell.answers, 0),
      errors: group.reduce((sum, cell) => sum + cell.errors, 0),
      latency: Latencies.of(group).text(),
      first_wall: walls.length === 0 ? null : Math.min(...walls),
      last_wall: walls.length === 0 ? null : Math.max(...walls),
    };
  });
}

/** Latencies counted in buckets of equal relative width. */
export class Latencies {
  readonly #counts = new Map<number, number>();

  static of(cells: Iterable<Pick<LevelCell, 'latency'>>): Latencies {
    const all = new Latencies();
    for (const cell of cells) all.add(cell.latency);
    return all;
  }

  add(text: string): void {
    for (const pair of text === '' ? [] : text.split(' ')) {
      const colon = pair.indexOf(':');
      const bucket = Number(pair.slice(0, colon));
      this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + Number(pair.slice(colon + 1)));
    }
  }

  text(): string {
    return this.#ascending()
      .map(([bucket, n]) => `${bucket}:${n}`)
      .join(' ');
  }

  /** Milliseconds that `share` of the answers took at most, within 1%; null without an answer. */
  quantile(share: number): number | null {
    const buckets = this.#ascending();
    const rank = Math.ceil(share * buckets.reduce((sum, [, n]) => sum + n, 0));
    let seen = 0;
    for (const [bucket, n] of buckets) {
      seen += n;
      if (seen >= rank) return LATENCY_GROWTH ** bucket / 1000;
    }
    return null;
  }

  #ascending(): [number, number][] {
    return [...this.#counts].sort((a, b) => a[0] - b[0]);
  }
}
