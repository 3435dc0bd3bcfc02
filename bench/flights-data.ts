import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { flightsFile } from '../examples/flights/source.ts';
import {
  AIRPORT_RECENT,
  AS_OF_INPUTS,
  COUNTRY_RECENT,
  COUNTRY,
  LABEL_SQL,
  PREPARED_FLIGHTS_SQL,
  TRANSFORMATIONS,
  type FeatureView,
} from '../examples/flights/features.ts';

/** All flights in the order of their departure; times are UTC. */
export interface Flights {
  /** One column per input of the as-of model, in its order. */
  columns: Float32Array[];
  labels: Uint8Array;
  /** Months count from January = 1. */
  month: Uint8Array;
  /** Days since 2001-01-01, fractions cut off. */
  day: Uint16Array;
}

/** DuckDB with the prepared flights and both feature views, materialised for the whole half year. */
export async function openFlights(): Promise<DuckDBConnection> {
  const database = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '4GB' });
  const connection = await database.connect();
  await connection.run(`create view flights as from read_parquet('${flightsFile().replaceAll("'", "''")}')`);
  await connection.run(`create table prepared_flights as ${PREPARED_FLIGHTS_SQL}`);
  for (const view of VIEWS) {
    await connection.run(
      `create table ${view.name} as ${view.sql({ from: '2001-01-01 00:00:00', to: '2001-07-03 00:00:00' })}`,
    );
  }
  return connection;
}

export async function readFlights(connection: DuckDBConnection): Promise<Flights> {
  const [{ n }] = (
    await connection.runAndReadAll('select count(*)::int as n from prepared_flights')
  ).getRowObjects() as [{ n: number }];
  const names = ['label', 'month', 'day', ...AS_OF_INPUTS.map(({ name }) => name)];
  const columns = names.map(() => new Float32Array(n));
  const result = await connection.stream(pointInTimeSql());
  let at = 0;
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    columns.forEach((column, c) =>
      chunk!
        .getColumnValues(c)
        .forEach((value, i) => (column[at + i] = value === null ? NaN : Number(value))),
    );
    at += chunk.rowCount;
  }
  const [label, month, day, ...inputs] = columns;
  return {
    columns: inputs,
    labels: Uint8Array.from(label!),
    month: Uint8Array.from(month!),
    day: Uint16Array.from(day!),
  };
}

const VIEWS = [AIRPORT_RECENT, COUNTRY_RECENT];

/** Every flight with each view's newest row at or before its departure; a row older than the view's ttl is as good as none. */
export function pointInTimeSql(flights = 'prepared_flights'): string {
  const joins = new Map<string, { view: FeatureView; key: string }>();
  const inputs = AS_OF_INPUTS.map((input) => {
    if ('transformation' in input)
      return TRANSFORMATIONS.find(({ name }) => name === input.transformation)!.sql;
    const alias = `${input.view}_of_${input.key}`;
    const view = VIEWS.find(({ name }) => name === input.view)!;
    joins.set(alias, { view, key: input.key });
    const value =
      input.feature === 'age' ? `epoch(departed_at - ${alias}.event_time) / 60` : `${alias}.${input.feature}`;
    return `case when departed_at - ${alias}.event_time <= interval ${view.ttlMinutes} minute then ${value} end`;
  });
  const asOf = [...joins].map(
    ([alias, { view, key }]) => `asof left join ${view.name} ${alias}
      on ${key === 'country' ? `'${COUNTRY}'` : `f.${key}`} = ${alias}.${view.entity} and f.departed_at >= ${alias}.event_time`,
  );
  return `select cast(${LABEL_SQL} as integer), month(departed_at), date_diff('day', date '2001-01-01', departed_at::date),
    ${inputs.map((sql) => `cast(${sql} as float)`).join(',\n    ')}
    from ${flights} f ${asOf.join('\n    ')}
   order by departed_at, origin, destination, date, distance, delay`;
}
