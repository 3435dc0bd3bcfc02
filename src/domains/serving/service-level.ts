import type { Reader } from '../../database/index.ts';
import { Latencies, type LevelCell, resolutionFor, RESOLUTIONS, horizonOf } from './schema/level-cell.ts';
import type { ServiceLevel, ServiceLevelQuery } from './schema/service-level.ts';
import { lastAnswer, listCells } from './store/level-cells.ts';
import { summary } from './store/parts.ts';

/**
 * Answers per arm, latency and errors over the span that ends with the newest answer, so that a quiet endpoint is not empty, in buckets
 * of whole slots: the first begins with a slot, the last ends with the newest answer. A bucket without an answer has no latency.
 */
export async function serviceLevel(
  reader: Reader,
  endpoint: string,
  { clock, span_ms, buckets }: ServiceLevelQuery,
): Promise<ServiceLevel> {
  const resolution = resolutionFor(clock, span_ms / buckets);
  const step = Math.ceil(span_ms / buckets / resolution) * resolution;
  const newest = await newestAnswer(reader, endpoint, clock);
  const until = newest + 1;
  const count = Math.ceil(span_ms / step);
  const from = Math.ceil(until / resolution) * resolution - count * step;
  const cells = await listCells(reader, { endpoint, clock, step_ms: resolution }, { from, until });

  const slots = Array.from({ length: count }, (): LevelCell[] => []);
  for (const cell of cells) slots[Math.floor((cell.slot - from) / step)]?.push(cell);
  const latencies = slots.map((slot) => Latencies.of(slot));
  const whole = Latencies.of(cells);
  const sum = (some: readonly LevelCell[], of: 'answers' | 'errors') =>
    some.reduce((total, cell) => total + cell[of], 0);
  const answering = cells.filter((cell) => cell.answers > 0);
  return {
    clock,
    from,
    until,
    step_ms: step,
    n: sum(cells, 'answers'),
    errors: clock === 'wall' ? sum(cells, 'errors') : await errorsWhile(reader, endpoint, answering),
    p50_ms: whole.quantile(0.5),
    p99_ms: whole.quantile(0.99),
    arms: [...new Set(answering.map((cell) => cell.deployment))]
      .sort((a, b) => a - b)
      .map((deployment) => ({
        deployment,
        counts: slots.map((slot) =>
          sum(
            slot.filter((cell) => cell.deployment === deployment),
            'answers',
          ),
        ),
      })),
    latency: {
      p50_ms: latencies.map((each) => each.quantile(0.5)),
      p99_ms: latencies.map((each) => each.quantile(0.99)),
    },
    errors_by_bucket: clock === 'wall' ? slots.map((slot) => sum(slot, 'errors')) : null,
  };
}

async function newestAnswer(reader: Reader, endpoint: string, clock: LevelCell['clock']): Promise<number> {
  if (clock === 'event') return (await summary(reader, endpoint)).event_time ?? 0;
  const coarsest = Math.max(...RESOLUTIONS.wall);
  return (await lastAnswer(reader, { endpoint, clock, step_ms: coarsest })) ?? 0;
}

/** Errors on the wall between the first and the last of these answers: in event time they have no place. */
async function errorsWhile(reader: Reader, endpoint: string, cells: readonly LevelCell[]): Promise<number> {
  const first = Math.min(...cells.map((cell) => cell.first_wall ?? Infinity));
  const last = Math.max(...cells.map((cell) => cell.last_wall ?? -Infinity));
  if (first > last) return 0;
  const resolution =
    RESOLUTIONS.wall.find((each) => (horizonOf('wall', each) ?? Infinity) >= last - first) ??
    RESOLUTIONS.wall[0];
  const during = await listCells(
    reader,
    { endpoint, clock: 'wall', step_ms: resolution },
    { from: Math.floor(first / resolution) * resolution, until: last + 1 },
  );
  return during.reduce((sum, cell) => sum + cell.errors, 0);
}
