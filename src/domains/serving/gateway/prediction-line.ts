import type { Value } from '../../../runtimes/signature.ts';
import type { Item } from './deployment.ts';

/** One `PredictionRecord` as a line; written by hand because it is on the path of every answer. */
export function predictionLine(
  id: string,
  deployment: number,
  item: Item,
  output: readonly (Value | Value[])[],
  wall: number,
  now: number,
): string {
  const latency = Math.round((now - item.started) * 1000);
  let line = `{"kind":"prediction","prediction_id":"${id}","deployment":${deployment},"event_time":${item.eventTime},"wall_time":${wall},"latency_us":${latency},"propensity":${item.propensity},"request":${cellsText(item.cells, item.at, item.width)}`;
  if (item.vector) line += `,"vector":${cellsText(item.vector, 0, item.vector.length)}`;
  line += `,"output":${valuesText(output)}`;
  if (item.unit !== undefined) line += `,"unit":${JSON.stringify(item.unit)}`;
  if (item.key !== undefined) line += `,"key":${JSON.stringify(item.key)}`;
  if (item.pinned) line += ',"pinned":true';
  if (item.of !== undefined) line += `,"of":"${item.of}"`;
  return `${line}}\n`;
}

/** A value as JSON; whole numbers beyond 2^53 are written with all their digits. */
export function cellText(value: Value | undefined): string {
  if (typeof value === 'number') return value - value === 0 ? String(value) : 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  return value === undefined || value === null ? 'null' : String(value);
}

function cellsText(cells: readonly Value[], at: number, count: number): string {
  if (count === 0) return '[]';
  let text = `[${cellText(cells[at])}`;
  for (let i = 1; i < count; i++) text += `,${cellText(cells[at + i])}`;
  return `${text}]`;
}

/** A list of outputs, some of which may be lists. */
export function valuesText(values: readonly (Value | Value[])[]): string {
  let text = '[';
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as Value | Value[];
    if (i > 0) text += ',';
    text += Array.isArray(value) ? cellsText(value, 0, value.length) : cellText(value);
  }
  return `${text}]`;
}
