import { parquetWriteBuffer } from 'hyparquet-writer';
import { AppError } from '../../lib/errors.ts';
import { FEATURE_ERRORS } from './errors.ts';
import type { PartitionFacts } from './materialise.ts';
import { CONSTANT_KEY, type FeatureView, type PushRequest } from './schema.ts';

interface Row {
  key: string;
  event: number;
  created: number;
  values: (number | null)[];
}

/** Pushed rows as a Parquet file like those of materialised partitions, and what it holds. The last of equal rows wins. */
export function pushedRows(
  view: FeatureView,
  request: PushRequest,
  now: number,
): { bytes: Uint8Array; facts: Omit<PartitionFacts, 'digest' | 'bytes'> } {
  const names = view.features.map(({ name }) => name);
  const unique = new Map<string, Row>();
  request.rows.forEach((row, i) => {
    const parsed = rowOf(view, names, row, i, now);
    unique.set(JSON.stringify([parsed.key, parsed.event, parsed.created]), parsed);
  });
  const rows = [...unique.values()].sort(
    (a, b) => a.event - b.event || (a.key < b.key ? -1 : Number(a.key > b.key)) || a.created - b.created,
  );
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'key', type: 'STRING', nullable: false, data: rows.map((row) => row.key) },
      { name: 'event_time', type: 'INT64', nullable: false, data: rows.map((row) => BigInt(row.event)) },
      { name: 'created_time', type: 'INT64', nullable: false, data: rows.map((row) => BigInt(row.created)) },
      ...names.map((name, f) => ({
        name,
        type: 'DOUBLE' as const,
        nullable: true,
        data: rows.map((row) => row.values[f]),
      })),
    ],
  });
  const times = new Set(rows.map((row) => JSON.stringify([row.key, row.event])));
  return {
    bytes: new Uint8Array(bytes),
    facts: {
      rows: rows.length,
      keys: new Set(rows.map((row) => row.key)).size,
      min_event: rows[0]?.event ?? 0,
      max_event: rows.at(-1)?.event ?? 0,
      max_created: rows.reduce((latest, row) => Math.max(latest, row.created), 0),
      unique_times: times.size === rows.length,
    },
  };
}

function rowOf(
  view: FeatureView,
  names: readonly string[],
  row: PushRequest['rows'][number],
  i: number,
  now: number,
): Row {
  const fault = (why: string) =>
    new AppError(
      FEATURE_ERRORS.FEATURE_ROWS,
      `Row ${i + 1} of the push to '${view.name}' ${why}; nothing was stored.`,
    );
  const unknown = Object.keys(row.values).find((name) => !names.includes(name));
  if (unknown !== undefined) throw fault(`has the value '${unknown}', which is no feature of the view`);
  if (row.key === undefined && view.entity !== null) throw fault(`has no key of the entity '${view.entity}'`);
  return {
    key: row.key === undefined ? CONSTANT_KEY : String(row.key),
    event: timeOf(row.event_time),
    created: row.created_time === undefined ? now : timeOf(row.created_time),
    values: names.map((name) => row.values[name] ?? null),
  };
}

const timeOf = (time: number | string): number =>
  typeof time === 'number' ? Math.round(time) : new Date(time).getTime();
