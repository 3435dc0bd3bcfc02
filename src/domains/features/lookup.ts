import { type Analytics, identifier, literal } from '../../analytics/index.ts';
import type { FeatureView, Lookup, Partition } from './schema.ts';

export interface LookupQuestion {
  key: string;
  /** Moment of the request, epoch ms. */
  at: number;
  /** Values created later are not seen. */
  as_of?: number | undefined;
}

type Row = Record<string, unknown>;

/** What a model would have read for a key at a moment, and why nothing later. */
export async function lookUp(
  analytics: Analytics,
  view: FeatureView & { version: number },
  partitions: readonly Partition[],
  { key, at, as_of }: LookupQuestion,
): Promise<Lookup> {
  const cutoff = at - view.delay_ms;
  const tables = Object.fromEntries(
    partitions.map((partition) => [`p${partition.ordinal}`, [partition.digest]]),
  );
  const features = view.features.map(({ name }) => identifier(name)).join(', ');
  const all = partitions
    .map(({ ordinal }) => `select *, ${ordinal} as part from p${ordinal} where key = ${literal(key)}`)
    .join(' union all by name ');
  const seen = as_of === undefined ? 'true' : `created_time <= ${as_of}`;
  const list = `event_time::double as event_time, created_time::double as created_time`;
  const { rows } =
    partitions.length === 0
      ? { rows: { found: [] as Row[], later: [] as Row[] } }
      : await analytics.run({
          tables,
          statements: [`create or replace temp table looked_up as ${all}`],
          rows: {
            found: `select ${list}, ${features} from looked_up where event_time <= ${cutoff} and ${seen} order by looked_up.event_time desc, looked_up.created_time desc, part desc limit 1`,
            later: `select ${list} from looked_up where event_time > coalesce((select max(event_time) from looked_up where event_time <= ${cutoff} and ${seen}), -9e15) order by 1, 2 limit 1`,
          },
        });
  const row = rows.found[0];
  const found = row
    ? {
        event_time: Number(row.event_time),
        created_time: Number(row.created_time),
        age_minutes: (at - Number(row.event_time)) / 60_000,
        values: Object.fromEntries(view.features.map(({ name }) => [name, valueOf(row[name])])),
      }
    : null;
  const expired = found !== null && view.ttl_ms !== null && at - found.event_time > view.ttl_ms;
  const next = rows.later[0];
  const later = next
    ? {
        event_time: Number(next.event_time),
        created_time: Number(next.created_time),
        reason: reasonOf(next, cutoff, view.delay_ms, as_of),
      }
    : null;
  const answer = { view: view.name, view_version: view.version, key, at, found, expired, later };
  return { ...answer, text: textOf(answer, view.ttl_ms) };
}

function reasonOf(row: Row, cutoff: number, delay: number, asOf: number | undefined): string {
  const event = Number(row.event_time);
  if (event > cutoff + delay) return `it happened later, at ${iso(event)}`;
  if (event > cutoff)
    return `it happened at ${iso(event)}, but values can be read only ${delay / 60_000} min after`;
  return `it was created at ${iso(Number(row.created_time))}, after the moment asked about (${iso(asOf ?? cutoff)})`;
}

function textOf(answer: Omit<Lookup, 'text'>, ttl: number | null): string {
  const { found, later } = answer;
  const why = later ? ` The next value was not taken: ${later.reason}.` : ' There is no later value.';
  if (!found) return `No value of ${answer.key} was known at ${iso(answer.at)}.${why}`;
  const age = `${Math.round(found.age_minutes)} min old at ${iso(answer.at)}`;
  const old = answer.expired ? `; older than ${(ttl ?? 0) / 60_000} min, so it counts as unknown` : '';
  return `The value of ${answer.key} from ${iso(found.event_time)}, ${age}${old}.${why}`;
}

const iso = (time: number) => new Date(time).toISOString();

function valueOf(value: unknown): number | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  return Number.isNaN(number) ? null : number;
}
