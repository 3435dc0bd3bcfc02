import { crc32 } from 'node:zlib';
import type { Completion } from './push.ts';

/**
 * The file of one view: `RFV2`, then frames. A frame is u32 length and u32 crc32 of its payload, then the payload.
 * The first payload is the JSON header {project, view, version, features}; every other is one batch:
 * u32 ×4 (bytes of the JSON, rows, unique keys, 0), JSON {batch_id, keys, completes}, padding to 8, u32 key number per row, padding to 8,
 * then float64 event times, created times and values row by row. Little-endian.
 */
export const MAGIC = Buffer.from('RFV2\0\0\0\0', 'latin1');

export interface ViewHeader {
  project: string;
  view: string;
  version: number;
  features: string[];
}

export interface Batch {
  batchId: string;
  completes?: Completion | undefined;
  keys: string[];
  keyOf: Uint32Array;
  event: Float64Array;
  created: Float64Array;
  values: Float64Array;
}

const pad = (size: number) => (size + 7) & ~7;

export function frame(payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([head, payload]);
}

export function encodeBatch(batch: Batch): Buffer {
  const json = Buffer.from(
    JSON.stringify({ batch_id: batch.batchId, keys: batch.keys, completes: batch.completes }),
  );
  const head = Buffer.alloc(16);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(batch.event.length, 4);
  head.writeUInt32LE(batch.keys.length, 8);
  const parts: Buffer[] = [head, json, Buffer.alloc(pad(json.length) - json.length)];
  const keyOf = bytesOf(batch.keyOf);
  parts.push(
    keyOf,
    Buffer.alloc(pad(keyOf.length) - keyOf.length),
    bytesOf(batch.event),
    bytesOf(batch.created),
    bytesOf(batch.values),
  );
  return frame(Buffer.concat(parts));
}

/** The columns are views into `payload` where it is aligned: use them before it is written over. */
export function decodeBatch(payload: Buffer): Batch {
  const size = payload.readUInt32LE(0);
  const rows = payload.readUInt32LE(4);
  const {
    batch_id: batchId,
    keys,
    completes,
  } = JSON.parse(payload.toString('utf8', 16, 16 + size)) as {
    batch_id: string;
    keys: string[];
    completes?: Completion;
  };
  const rest = payload.subarray(16 + pad(size));
  const { buffer, byteOffset: at, byteLength } = rest.byteOffset % 8 === 0 ? rest : new Uint8Array(rest);
  const times = at + pad(rows * 4);
  const keyOf = new Uint32Array(buffer, at, rows);
  const event = new Float64Array(buffer, times, rows);
  const created = new Float64Array(buffer, times + rows * 8, rows);
  const values = new Float64Array(buffer, times + rows * 16, (byteLength - pad(rows * 4) - rows * 16) / 8);
  return { batchId, completes, keys, keyOf, event, created, values };
}

/** The payload at `offset`, or undefined when the frame there is cut off or damaged. `read` gives up to `size` bytes, valid until its next call. */
export function readFrame(
  read: (offset: number, size: number) => Buffer,
  offset: number,
): { payload: Buffer; next: number } | undefined {
  const head = read(offset, 8);
  if (head.length < 8) return undefined;
  const size = head.readUInt32LE(0);
  const sum = head.readUInt32LE(4);
  const payload = read(offset + 8, size);
  if (payload.length < size || crc32(payload) !== sum) return undefined;
  return { payload, next: offset + 8 + size };
}

const bytesOf = (array: Uint32Array | Float64Array): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);
