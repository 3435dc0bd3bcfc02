import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
} from 'hyparquet';
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
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const hours = clockTable();
  const summer = Date.parse(`${SUMMER_2001.replace(' ', 'T')}Z`);
  const chosen: Flight[] = [];
  let start = 0;
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows);
    const columns = await readGroup(file, metadata, start, end);
    for (let row = start; row < end; row++) {
      if (mix(row, seed) % oneIn !== 0) continue;
      const at = row - start;
      const origin = columns.origin[at] as string;
      const destination = columns.destination[at] as string;
      const distance = Number(columns.distance[at]);
      const delay = Number(columns.delay[at]);
      const clock = hours.get(origin) ?? { winter: -6, summer: -5 };
      const date = (columns.date[at] as Date).getTime();
      const departed = date - (date < summer ? clock.winter : clock.summer) * HOUR;
      const seconds = Math.max(900, 1800 + 8 * distance + 60 * delay);
      chosen.push({
        flight: `${origin}-${destination}-${compact(departed)}-${row}`,
        date,
        departed_at: departed,
        landed_at: Math.ceil((departed + seconds * 1000) / QUARTER) * QUARTER,
        origin,
        destination,
        distance,
        late: delay > 15 ? 1 : 0,
      });
    }
    start = end;
  }
  return chosen.sort((a, b) => a.departed_at - b.departed_at || (a.flight < b.flight ? -1 : 1));
}

type Columns = Record<'date' | 'delay' | 'distance' | 'origin' | 'destination', unknown[]>;

/** The columns of one row group: 3,000,000 rows at once, as objects, would fill the heap. */
async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  start: number,
  end: number,
): Promise<Columns> {
  const columns: Columns = { date: [], delay: [], distance: [], origin: [], destination: [] };
  await parquetRead({
    file,
    metadata,
    compressors,
    rowStart: start,
    rowEnd: end,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const column = columns[columnName as keyof Columns];
      for (let i = 0; i < columnData.length; i++) column[rowStart - start + i] = columnData[i];
    },
  });
  return columns;
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
