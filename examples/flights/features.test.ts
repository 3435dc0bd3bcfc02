import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLOCKS } from './airports.ts';
import {
  AIRPORT_RECENT,
  AS_OF_INPUTS,
  COUNTRY_RECENT,
  PREPARED_FLIGHTS_SQL,
  TRANSFORMATIONS,
} from './features.ts';
import { flightsFile } from './source.ts';

interface Flight {
  date: number;
  departed: number;
  landed: number;
  origin: string;
  destination: string;
  delay: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`);

/** Around the change to summer time, between airports of five clocks, two of which stay on winter time. */
const AIRPORTS = ['JFK', 'ATL', 'ORD', 'IND', 'DEN', 'PHX', 'LAX', 'SEA', 'HNL'];
const PERIOD = { from: '2001-04-01 06:00:00', to: '2001-04-02 12:00:00' };

let connection: DuckDBConnection;
let flights: Flight[];

beforeAll(async () => {
  connection = await (
    await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' })
  ).connect();
  const list = AIRPORTS.map((airport) => `'${airport}'`).join(', ');
  await connection.run(`create table flights as select * from read_parquet('${flightsFile().replaceAll("'", "''")}')
    where date >= timestamp '2001-03-30' and date < timestamp '2001-04-03' and origin in (${list}) and destination in (${list})`);
  // A late flight that lands days after it left, one that would have landed before it left, and one that lands on a quarter exactly.
  await connection.run(`insert into flights values ('2001-04-01 08:00:00', 1500, 300, 'ATL', 'JFK'),
    ('2001-04-01 08:00:00', -900, 300, 'ATL', 'ORD'), ('2001-04-01 08:00:00', 15, 450, 'ORD', 'ATL')`);
  await connection.run(`create table prepared_flights as ${PREPARED_FLIGHTS_SQL}`);
  for (const view of [AIRPORT_RECENT, COUNTRY_RECENT])
    await connection.run(`create table ${view.name} as ${view.sql(PERIOD)}`);
  const raw = await select<{
    date: string;
    distance: number;
    origin: string;
    destination: string;
    delay: number;
  }>('select date, distance::int as distance, origin, destination, delay::int as delay from flights');
  flights = raw.map((row) => prepare({ ...row, date: at(row.date) }));
});

afterAll(() => connection.closeSync());

async function select<Row>(sql: string): Promise<Row[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Row[];
}

/** What the SQL must do, said once more in another way. */
function prepare(raw: {
  date: number;
  distance: number;
  origin: string;
  destination: string;
  delay: number;
}): Flight {
  const clock = CLOCKS.find(({ airports }) => airports.split(' ').includes(raw.origin))!;
  const summer = clock.summer && raw.date >= at('2001-04-01 02:00:00');
  const departed = raw.date - (clock.hours + (summer ? 1 : 0)) * HOUR;
  const minutes = Math.max(15, 30 + raw.distance / 7.5 + raw.delay);
  const landed = Math.ceil((departed + Math.round(minutes * 60) * 1000) / (15 * MINUTE)) * 15 * MINUTE;
  return { ...raw, departed, landed };
}

function expected(prefix: string, visible: Flight[], quarter: number): Record<string, number | null> {
  const values: Record<string, number | null> = {};
  for (const hours of [1, 3, 24]) {
    const recent = visible.filter(({ landed }) => landed > quarter - hours * HOUR);
    const delays = recent.map(({ delay }) => Math.min(180, Math.max(-30, delay)));
    const share = (part: number) => (recent.length ? Math.fround(part / recent.length) : null);
    values[`${prefix}late_share_${hours}h`] = share(recent.filter(({ delay }) => delay > 15).length);
    values[`${prefix}mean_delay_${hours}h`] = share(delays.reduce((sum, delay) => sum + delay, 0));
    values[`${prefix}flights_${hours}h`] = recent.length;
  }
  return values;
}

test('the prepared flights know the clock of every airport and when each flight landed', async () => {
  const rows = await select<{
    date: string;
    departed_at: string;
    landed_at: string;
    origin: string;
    destination: string;
    delay: string;
  }>('from prepared_flights');
  const key = (flight: Flight) =>
    JSON.stringify([
      flight.departed,
      flight.landed,
      flight.date,
      flight.origin,
      flight.destination,
      flight.delay,
    ]);
  const told = rows.map((row) => ({
    ...row,
    date: at(row.date),
    departed: at(row.departed_at),
    landed: at(row.landed_at),
    delay: Number(row.delay),
  }));
  expect(told.length).toBeGreaterThan(1000);
  expect(told.map(key).sort()).toEqual(flights.map(key).sort());
  expect(told.map(({ departed }) => departed)).toEqual(
    told.map(({ departed }) => departed).sort((a, b) => a - b),
  );
  expect(flights.every(({ departed, landed }) => landed >= departed + 15 * MINUTE)).toBe(true);
});

test('every airport of the data has a clock', async () => {
  const known = CLOCKS.flatMap(({ airports }) => airports.split(' '));
  expect(new Set(known).size).toBe(known.length);
  const file = flightsFile().replaceAll("'", "''");
  const used = await select<{ airport: string }>(
    `select origin as airport from read_parquet('${file}') union select destination from read_parquet('${file}')`,
  );
  expect(used.map(({ airport }) => airport).filter((airport) => !known.includes(airport))).toEqual([]);
});

test('airport_recent has a row per airport and quarter with a landing, counted from what had landed', async () => {
  const rows = await select<Record<string, string | number | null>>('from airport_recent');
  const ends = new Set(
    flights.flatMap(({ origin, destination, landed }) => [`${origin} ${landed}`, `${destination} ${landed}`]),
  );
  const wanted = [...ends].filter((end) => {
    const landed = Number(end.slice(4));
    return landed >= at(PERIOD.from) && landed < at(PERIOD.to);
  });
  expect(rows.map((row) => `${row.airport} ${at(String(row.event_time))}`).sort()).toEqual(wanted.sort());
  expect(Object.keys(rows[0]!)).toEqual([
    'airport',
    'event_time',
    ...AIRPORT_RECENT.features.map(({ name }) => name),
  ]);
  for (const row of rows) {
    const quarter = at(String(row.event_time));
    const landed = flights.filter((flight) => flight.landed <= quarter);
    expect(row).toMatchObject({
      ...expected(
        'in_',
        landed.filter(({ destination }) => destination === row.airport),
        quarter,
      ),
      ...expected(
        'out_',
        landed.filter(({ origin }) => origin === row.airport),
        quarter,
      ),
    });
  }
});

test('country_recent has a row per quarter with a landing', async () => {
  const rows = await select<Record<string, string | number | null>>('from country_recent');
  expect(Object.keys(rows[0]!)).toEqual([
    'country',
    'event_time',
    ...COUNTRY_RECENT.features.map(({ name }) => name),
  ]);
  const quarters = new Set(
    flights.map(({ landed }) => landed).filter((q) => q >= at(PERIOD.from) && q < at(PERIOD.to)),
  );
  expect(rows.map((row) => at(String(row.event_time)))).toEqual([...quarters].sort((a, b) => a - b));
  for (const row of rows) {
    const quarter = at(String(row.event_time));
    expect(row).toMatchObject(
      expected(
        '',
        flights.filter(({ landed }) => landed <= quarter),
        quarter,
      ),
    );
  }
});

test('the value that a departing flight reads does not change with what landed later, nor with the flight itself', async () => {
  const read = `select f.departed_at, v.* from prepared_flights f asof left join airport_recent v
    on f.origin = v.airport and f.departed_at >= v.event_time
    where f.departed_at >= timestamp '2001-04-01 18:00:00' and f.departed_at < timestamp '2001-04-01 18:20:00'
    order by all`;
  const known = await select<Record<string, string>>(read);
  expect(known.length).toBeGreaterThan(5);
  const now = "timestamp '2001-04-01 18:20:00'";
  await connection.run('begin transaction');
  await connection.run(
    `update prepared_flights set delay = 999 where landed_at > ${now} or departed_at >= timestamp '2001-04-01 18:00:00'`,
  );
  await connection.run(`create or replace table airport_recent as ${AIRPORT_RECENT.sql(PERIOD)}`);
  const afterwards = await select<Record<string, string>>(read);
  await connection.run('rollback');
  expect(afterwards).toEqual(known);
});

test('a shorter period gives the same rows for its own time', async () => {
  const part = { from: '2001-04-01 20:00:00', to: '2001-04-01 22:00:00' };
  for (const view of [AIRPORT_RECENT, COUNTRY_RECENT]) {
    const within = `event_time >= timestamp '${part.from}' and event_time < timestamp '${part.to}'`;
    const rows = await select(`select * from (${view.sql(part)}) order by all`);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(await select(`select * from ${view.name} where ${within} order by all`));
  }
});

test('the inputs of the model name features that exist', () => {
  expect(new Set(AS_OF_INPUTS.map(({ name }) => name)).size).toBe(AS_OF_INPUTS.length);
  for (const input of AS_OF_INPUTS) {
    const view =
      'view' in input ? [AIRPORT_RECENT, COUNTRY_RECENT].find(({ name }) => name === input.view) : undefined;
    const names = view
      ? [...view.features.map(({ name }) => name), 'age']
      : TRANSFORMATIONS.map(({ name }) => name);
    expect(names).toContain('view' in input ? input.feature : input.transformation);
  }
});
