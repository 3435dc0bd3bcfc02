import { AppError, ERRORS, invalid } from '../../../lib/errors.ts';
import type { ColumnType, Value } from '../../../runtimes/signature.ts';

export const DATATYPES: Record<ColumnType, string> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
  datetime: 'BYTES',
};

const INTEGER_RANGE: Record<string, [number, number]> = {
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  INT32: [-2147483648, 2147483647],
  INT64: [-Infinity, Infinity],
  UINT8: [0, 255],
  UINT16: [0, 65535],
  UINT32: [0, 4294967295],
  UINT64: [0, Infinity],
};

const FITS: Record<ColumnType, (datatype: string) => boolean> = {
  boolean: (datatype) => datatype === 'BOOL',
  integer: (datatype) => datatype in INTEGER_RANGE,
  long: (datatype) => datatype in INTEGER_RANGE,
  float: (datatype) => datatype.startsWith('FP') || datatype in INTEGER_RANGE,
  double: (datatype) => datatype.startsWith('FP') || datatype in INTEGER_RANGE,
  string: (datatype) => datatype === 'BYTES',
  datetime: (datatype) => datatype === 'BYTES' || datatype === 'INT64',
};

const KNOWN = new Set(['BOOL', 'FP16', 'FP32', 'FP64', 'BYTES', ...Object.keys(INTEGER_RANGE)]);

/** 400 for a datatype the protocol does not have, 422 for one the column does not take. */
export function checkDatatype(datatype: unknown, column: { name: string; type: ColumnType }): string {
  if (typeof datatype !== 'string' || !KNOWN.has(datatype))
    throw invalid(
      'An input has no known datatype.',
      'Use BOOL, INT8 to INT64, UINT8 to UINT64, FP16, FP32, FP64 or BYTES.',
    );
  if (!FITS[column.type](datatype)) {
    throw new AppError(
      ERRORS.UNPROCESSABLE,
      `Column "${column.name}" is ${column.type}; it does not take ${datatype}.`,
      {
        hint: `Send it as ${DATATYPES[column.type]}.`,
        details: { column: column.name },
      },
    );
  }
  return datatype;
}

export const isIntegral = (datatype: string): boolean => datatype in INTEGER_RANGE;

/** Whether a JSON number is one of the datatype's; others are left to the column's own check. */
export function inRange(datatype: string, value: unknown): boolean {
  const range = INTEGER_RANGE[datatype];
  if (range === undefined || typeof value !== 'number') return true;
  return Number.isInteger(value) && value >= range[0] && value <= range[1];
}

/** Elements of a raw little-endian tensor; 400 when the bytes are not a whole number of `count` elements. */
export function decodeTensor(datatype: string, bytes: Buffer, count: number): Value[] {
  if (datatype === 'BYTES') return decodeTexts(bytes, count);
  const reader = READERS[datatype];
  if (!reader) throw invalid(`Datatype ${datatype} has no binary form here.`, 'Send it as JSON, or as FP32.');
  const [size, read] = reader;
  if (bytes.length !== size * count) {
    throw invalid(
      `A binary input of ${count} ${datatype} needs ${size * count} bytes, binary_data_size says ${bytes.length}.`,
    );
  }
  return Array.from({ length: count }, (_, i) => read(bytes, i * size));
}

const READERS: Record<string, [number, (bytes: Buffer, at: number) => Value]> = {
  BOOL: [1, (bytes, at) => bytes[at] !== 0],
  INT8: [1, (bytes, at) => bytes.readInt8(at)],
  INT16: [2, (bytes, at) => bytes.readInt16LE(at)],
  INT32: [4, (bytes, at) => bytes.readInt32LE(at)],
  INT64: [8, (bytes, at) => narrow(bytes.readBigInt64LE(at))],
  UINT8: [1, (bytes, at) => bytes.readUInt8(at)],
  UINT16: [2, (bytes, at) => bytes.readUInt16LE(at)],
  UINT32: [4, (bytes, at) => bytes.readUInt32LE(at)],
  UINT64: [8, (bytes, at) => narrow(bytes.readBigUInt64LE(at))],
  FP32: [4, (bytes, at) => bytes.readFloatLE(at)],
  FP64: [8, (bytes, at) => bytes.readDoubleLE(at)],
};

const narrow = (value: bigint): Value =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;

function decodeTexts(bytes: Buffer, count: number): string[] {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Infinity;
    if (at + 4 + size > bytes.length) throw invalid('A binary input of BYTES ends inside an element.');
    texts.push(bytes.toString('utf8', at + 4, at + 4 + size));
    at += 4 + size;
  }
  if (texts.length !== count)
    throw invalid(`A binary input has ${texts.length} BYTES elements, its shape says ${count}.`);
  return texts;
}

/** Raw little-endian bytes of an output. null becomes NaN in floats. */
export function encodeTensor(datatype: string, values: readonly Value[]): Buffer {
  if (datatype === 'BYTES') {
    return Buffer.concat(
      values.flatMap((value) => {
        const text = Buffer.from(value === null ? '' : String(value));
        const size = Buffer.alloc(4);
        size.writeUInt32LE(text.length);
        return [size, text];
      }),
    );
  }
  const array = typedArray(datatype, values);
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

function typedArray(
  datatype: string,
  values: readonly Value[],
): Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array {
  const numbers = values.map((value) => (value === null ? Number.NaN : Number(value)));
  if (datatype === 'FP32') return Float32Array.from(numbers);
  if (datatype === 'FP64') return Float64Array.from(numbers);
  if (datatype === 'INT32') return Int32Array.from(numbers);
  if (datatype === 'INT64') return BigInt64Array.from(values, (value) => BigInt(value ?? 0));
  return Uint8Array.from(numbers);
}
