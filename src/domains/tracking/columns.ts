import type { Projection } from './store/run-texts.ts';

/** Columns as callers write them: `metrics.loss`, `params.lr`, `tags.team`, `inputs`; attributes always come along. */
export function projectionOf(columns: readonly string[]): Projection {
  const of = (entity: string) => {
    const start = `${entity}.`;
    return columns.filter((column) => column.startsWith(start)).map((column) => column.slice(start.length));
  };
  return {
    metrics: of('metrics'),
    params: of('params'),
    tags: of('tags'),
    inputs: columns.includes('inputs'),
  };
}
