import { CLOCKS, SUMMER_2001 } from './airports.ts';

/** A feature view as data: what Rondo applies, plus the SQL that materialises it. */
export interface FeatureView {
  name: string;
  description: string;
  /** Column of the entity in the materialised rows. */
  entity: string;
  /** A value older than this counts as unknown. */
  ttlMinutes: number;
  /** Objective: how old the newest value may be. */
  freshMinutes: number;
  features: { name: string; description: string }[];
  /** Selects one row per entity and quarter hour with a landing in [from, to) from `prepared_flights`: entity, event_time, features. */
  sql: (period: Period) => string;
}

/** UTC, as '2001-02-01 00:00:00'; `from` is inside, `to` outside. */
export interface Period {
  from: string;
  to: string;
}

/** A request-side transformation: an expression of Rondo, and the same in SQL. */
export interface Transformation {
  name: string;
  expression: string;
  sql: string;
}

/** One input of the model, in the order of its columns: computed from the request, or read from a view for one of its keys. */
export type ModelInput =
  | { name: string; transformation: string }
  | { name: string; view: string; key: string; feature: string };

/** A flight is late when it arrives more than 15 minutes after the timetable. */
export const LABEL_SQL = 'delay > 15';

/** What a caller calls a flight; `world.ts` makes the same names. */
export const FLIGHT_SQL = "origin || '-' || destination || '-' || strftime(departed_at, '%Y%m%dT%H%M')";

/** The one value of the entity of `country_recent`. */
export const COUNTRY = 'US';

/**
 * Raw rows (`flights`: date, delay, distance, origin, destination) on one clock. `date` is the departure by the clock of the origin;
 * read as one clock, a flight to the east would be known hours before it landed. `departed_at` is UTC and is the time of
 * the request. `landed_at` is UTC and is when the outcome is known: departure + 30 min + distance / 7.5 miles a minute + delay, but at
 * least 15 min after departure (a few rows have impossible delays), rounded up to the quarter of an hour.
 */
export const PREPARED_FLIGHTS_SQL = `
with clocks(airport, winter_hours, summer_hours) as (values
  ${CLOCKS.flatMap(({ hours, summer, airports }) =>
    airports.split(' ').map((airport) => `('${airport}', ${hours}, ${hours + Number(summer)})`),
  ).join(', ')}
), departures as (
  select f.*, f.date - to_hours(case when f.date < timestamp '${SUMMER_2001}' then c.winter_hours else c.summer_hours end) as departed_at
    from flights f join clocks c on c.airport = f.origin
)
select departed_at,
       make_timestamp((epoch_us(departed_at) // 1000000 + greatest(900, 1800 + 8 * distance + 60 * delay) + 899) // 900 * 900000000)
         as landed_at,
       date, origin, destination, distance, delay
  from departures
 order by departed_at, origin, destination, date, distance, delay`;

const HOURS = [1, 3, 24];
const DIRECTIONS = [
  { name: 'in', text: 'that landed here' },
  { name: 'out', text: 'that left from here and have landed' },
];

/** Flights by airport and quarter hour of landing, counted for both ends; `in` is the destination, `out` the origin. */
export const AIRPORT_RECENT: FeatureView = {
  name: 'airport_recent',
  description: 'How punctual the flights of an airport were that landed within the last hours.',
  entity: 'airport',
  ttlMinutes: 24 * 60,
  freshMinutes: 30,
  features: DIRECTIONS.flatMap(({ name, text }) => windowFeatures(`${name}_`, text)),
  sql: (period) => `
with movements as (
  select destination as airport, landed_at, delay, 1 as arrived from prepared_flights where ${landedWithin(period)}
  union all
  select origin, landed_at, delay, 0 from prepared_flights where ${landedWithin(period)}
), quarters as (
  select airport, landed_at as event_time,
         ${DIRECTIONS.map(({ name }) => quarterSums(`${name}_`, `arrived = ${Number(name === 'in')}`)).join(',\n         ')}
    from movements group by airport, landed_at
), recent as (
  select airport, event_time,
         ${DIRECTIONS.map(({ name }) => windowColumns(`${name}_`)).join(',\n         ')}
    from quarters
  window ${windows('partition by airport')}
)
select * from recent where event_time >= timestamp '${period.from}' order by event_time, airport`,
};

/** All flights by quarter hour of landing. */
export const COUNTRY_RECENT: FeatureView = {
  name: 'country_recent',
  description: 'How punctual the flights of the whole country were that landed within the last hours.',
  entity: 'country',
  ttlMinutes: 6 * 60,
  freshMinutes: 30,
  features: windowFeatures('', 'that landed anywhere'),
  sql: (period) => `
with quarters as (
  select landed_at as event_time,
         ${quarterSums('', 'true')}
    from prepared_flights where ${landedWithin(period)} group by landed_at
), recent as (
  select '${COUNTRY}' as country, event_time,
         ${windowColumns('')}
    from quarters
  window ${windows('')}
)
select * from recent where event_time >= timestamp '${period.from}' order by event_time`,
};

/** Weekday counts from Sunday = 0. Both are by the clock of the origin, as `date` is. */
export const TRANSFORMATIONS: Transformation[] = [
  { name: 'hour', expression: 'date.getHours()', sql: 'hour(date)' },
  { name: 'weekday', expression: 'date.getDayOfWeek()', sql: 'dayofweek(date)' },
  { name: 'distance', expression: 'distance', sql: 'distance' },
];

export const STATIC_INPUTS: ModelInput[] = TRANSFORMATIONS.map(({ name }) => ({
  name,
  transformation: name,
}));

/** Static inputs, what the views knew of both airports and the country, and the age of each airport's value in minutes (feature `age`). */
export const AS_OF_INPUTS: ModelInput[] = [
  ...STATIC_INPUTS,
  ...viewInputs('origin', AIRPORT_RECENT, 'origin', [...recent('in_'), ...recent('out_'), 'age']),
  ...viewInputs('destination', AIRPORT_RECENT, 'destination', [
    ...recent('in_'),
    ...lateShares('out_'),
    'age',
  ]),
  ...viewInputs('country', COUNTRY_RECENT, 'country', ['late_share_1h', 'mean_delay_1h']),
];

/** The features of a view that earn their place in the model; the others gained nothing beside them. */
function recent(prefix: string): string[] {
  return [
    ...lateShares(prefix),
    ...['mean_delay_1h', 'mean_delay_3h', 'flights_1h', 'flights_3h'].map((name) => prefix + name),
  ];
}

function lateShares(prefix: string): string[] {
  return HOURS.map((hours) => `${prefix}late_share_${hours}h`);
}

function viewInputs(prefix: string, view: FeatureView, key: string, features: string[]): ModelInput[] {
  return features.map((feature) => ({ name: `${prefix}_${feature}`, view: view.name, key, feature }));
}

function windowFeatures(prefix: string, text: string): FeatureView['features'] {
  return HOURS.flatMap((hours) => [
    {
      name: `${prefix}late_share_${hours}h`,
      description: `Share over 15 minutes late of the flights ${text} in the last ${hours} h.`,
    },
    {
      name: `${prefix}mean_delay_${hours}h`,
      description: `Their mean delay in minutes, each counted as -30 at least and 180 at most.`,
    },
    { name: `${prefix}flights_${hours}h`, description: `How many they are.` },
  ]);
}

/** From one day before the period, so that the first window is full. */
function landedWithin({ from, to }: Period): string {
  return `landed_at > timestamp '${from}' - interval ${Math.max(...HOURS)} hour and landed_at < timestamp '${to}'`;
}

function quarterSums(prefix: string, condition: string): string {
  return [
    `count(*) filter (${condition}) as ${prefix}flights`,
    `count(*) filter (${condition} and ${LABEL_SQL}) as ${prefix}late`,
    `coalesce(sum(greatest(-30, least(180, delay))) filter (${condition}), 0) as ${prefix}delay`,
  ].join(', ');
}

function windowColumns(prefix: string): string {
  return HOURS.flatMap((hours) => {
    const sum = (column: string) => `sum(${prefix}${column}) over last_${hours}h`;
    return [
      `cast(${sum('late')} / nullif(${sum('flights')}, 0) as float) as ${prefix}late_share_${hours}h`,
      `cast(${sum('delay')} / nullif(${sum('flights')}, 0) as float) as ${prefix}mean_delay_${hours}h`,
      `cast(${sum('flights')} as float) as ${prefix}flights_${hours}h`,
    ];
  }).join(', ');
}

/** All times are whole quarters, so the last h hours are the quarter of the row and the 4h - 1 before it. */
function windows(partition: string): string {
  return HOURS.map(
    (hours) =>
      `last_${hours}h as (${partition} order by event_time range between interval ${hours * 60 - 15} minute preceding and current row)`,
  ).join(', ');
}
