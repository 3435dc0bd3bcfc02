import { AppError, ERRORS } from '../lib/errors.ts';

/** Column types of an MLflow model signature. */
export type ColumnType = 'boolean' | 'integer' | 'long' | 'float' | 'double' | 'string' | 'datetime';

export interface Column {
  name: string;
  type: ColumnType;
  /** True unless said otherwise. A column that is not required may be null or left out. */
  required?: boolean;
}

export interface OutputColumn {
  name?: string;
  type: ColumnType;
}

export interface Signature {
  inputs: readonly Column[];
  outputs: readonly OutputColumn[];
}

/** One cell after the check. `bigint` only for 64-bit integers beyond 2^53; datetimes are epoch milliseconds. */
export type Value = number | bigint | boolean | string | null;

/** Returns the checked value, or undefined when the column refuses it. */
export type Convert = (value: unknown) => Value | undefined;

const INT32 = 2_147_483_647;
const INT64 = 2n ** 63n;
const FLOAT_MAX = 3.4028234663852886e38;
const ISO = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * The strict rule of one column; nothing is coerced except integers into float columns.
 * - integer: whole numbers of 32 bits; long: whole numbers up to ±(2^53−1) as JSON numbers, up to 64 bits as bigint.
 * - float, double: finite numbers; NaN counts as null (a missing value), an infinity never passes.
 * - datetime: ISO 8601 text (without an offset it is UTC) or epoch milliseconds.
 * - null and undefined pass only where the column is not required.
 */
export function compileColumn(column: Column): Convert {
  const check = CHECKS[column.type];
  if (column.required === false) {
    return (value) => (value === null || value === undefined || value !== value ? null : check(value));
  }
  return check;
}

const whole: Convert = (value) => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'bigint' && value >= -INT64 && value < INT64 ? value : undefined;
};

const finite =
  (limit: number): Convert =>
  (value) => {
    if (typeof value === 'number') return value <= limit && value >= -limit ? value : undefined;
    return typeof value === 'bigint' ? Number(value) : undefined;
  };

const CHECKS: Record<ColumnType, Convert> = {
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  integer: (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    return typeof number === 'number' && Number.isInteger(number) && number <= INT32 && number >= -INT32 - 1
      ? number
      : undefined;
  },
  long: whole,
  float: finite(FLOAT_MAX),
  double: finite(Number.MAX_VALUE),
  string: (value) => (typeof value === 'string' ? value : undefined),
  datetime: (value) => {
    if (typeof value === 'number') return Math.abs(value) <= 8.64e15 ? Math.trunc(value) : undefined;
    if (typeof value !== 'string' || !ISO.test(value)) return undefined;
    const zoned = value.length > 10 && !/(Z|[+-]\d\d:?\d\d)$/.test(value) ? `${value}Z` : value;
    const time = Date.parse(zoned.replace(' ', 'T'));
    return Number.isNaN(time) ? undefined : time;
  },
};

const WANTED: Record<ColumnType, string> = {
  boolean: 'true or false',
  integer: 'a whole number of 32 bits',
  long: 'a whole number up to ±(2^53−1)',
  float: 'a finite number within the range of a 32-bit float',
  double: 'a finite number',
  string: 'text',
  datetime: 'an ISO 8601 time or epoch milliseconds',
};

/** The 422 for a value that `compileColumn` refused. */
export function refusal(column: Column, value: unknown, row: number): AppError {
  const missing = value === undefined || value === null;
  const shown = typeof value === 'object' ? 'a list or object' : String(value).slice(0, 60);
  const message = missing
    ? `Column "${column.name}" is required, but row ${row} has no value for it.`
    : `Column "${column.name}" takes ${WANTED[column.type]}; row ${row} has ${typeof value === 'string' ? `"${shown}"` : shown}.`;
  return new AppError(ERRORS.UNPROCESSABLE, message, {
    hint: 'Send values of the types in the signature: GET /v2/models/<endpoint> shows them.',
    details: { column: column.name, row },
  });
}
