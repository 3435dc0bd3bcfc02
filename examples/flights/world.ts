import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { CLOCKS, SUMMER_2001 } from './airports.ts';

const HOUR = 3_600_000;
const QUARTER = 900_000;

/** One real flight as the world outside the platform knows it. Times are epoch ms in UTC; `date` is by the origin's clock. */
export interface Flight {
  flight: string;
  date: number;
  departed_at: number;
  landed_at: number;
  origin: string;
  destination: string;
  distance: number;
  late: 0 | 1;
}

/** Reads the flights that a seeded hash chooses, one in `oneIn`, in order of departure. The outcome of each is known only when it has landed. */
export async function sampleWorld(path: string, oneIn: number, seed: number): Promise<Flight[]> {
  const rows = (await parquetReadObjects({
    file: await asyncBufferFromFile(path),
    compressors,
  })) as unknown as {
    date: Date;
    delay: bigint | number;
    distance: bigint | number;
    origin: string;
    destination: string;
  }[];
  const hours = clockTable();
  const summer = Date.parse(`${SUMMER_2001.replace(' ', 'T')}Z`);
  const chosen: Flight[] = [];
  for (let row = 0; row < rows.length; row++) {
    if (mix(row, seed) % oneIn !== 0) continue;
    const source = rows[row] as (typeof rows)[number];
    const clock = hours.get(source.origin) ?? { winter: -6, summer: -5 };
    const date = source.date.getTime();
    const departed = date - (date < summer ? clock.winter : clock.summer) * HOUR;
    const seconds = Math.max(900, 1800 + 8 * Number(source.distance) + 60 * Number(source.delay));
    chosen.push({
      flight: `${source.origin}-${source.destination}-${compact(departed)}-${row}`,
      date,
      departed_at: departed,
      landed_at: Math.ceil((departed + seconds * 1000) / QUARTER) * QUARTER,
      origin: source.origin,
      destination: source.destination,
      distance: Number(source.distance),
      late: Number(source.delay) > 15 ? 1 : 0,
    });
  }
  return chosen.sort((a, b) => a.departed_at - b.departed_at || (a.flight < b.flight ? -1 : 1));
}

/** `20010203T0405` */
const compact = (time: number): string => new Date(time).toISOString().slice(0, 16).replace(/[-:]/g, '');

function clockTable(): Map<string, { winter: number; summer: number }> {
  return new Map(
    CLOCKS.flatMap(({ hours, summer, airports }) =>
      airports
        .split(' ')
        .map((airport) => [airport, { winter: hours, summer: hours + Number(summer) }] as const),
    ),
  );
}

/** A 32-bit integer hash (the finaliser of MurmurHash3), so that the sample does not depend on the order of reading. */
function mix(row: number, seed: number): number {
  let h = (row ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
