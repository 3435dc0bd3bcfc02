import type { IncomingMessage } from 'node:http';
import { gunzip } from 'node:zlib';
import { AppError, ERRORS, invalid } from '../../../lib/errors.ts';

/** Bytes of a request body, also after decompression. */
export const MAX_BODY = 32 << 20;
/** Cells of one request; as float64 these are 64 MiB. */
export const MAX_CELLS = 1 << 23;

export type MediaType = 'json' | 'csv' | 'binary';

const tooLarge = () =>
  new AppError(ERRORS.TOO_LARGE, `The request is larger than ${MAX_BODY >> 20} MiB.`, {
    hint: 'Send fewer rows per request, or score the data as a batch.',
  });

export function checkCells(rows: number, columns: number): void {
  if (rows * columns > MAX_CELLS) throw tooLarge();
}

/** What the body is by its Content-Type; 415 for anything that is not UTF-8 JSON, CSV or a binary request. */
export function mediaType(header: string | undefined): MediaType {
  if (header === 'application/json') return 'json';
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase());
  for (const parameter of parameters) {
    if (!/^charset="?(utf-8|utf8|us-ascii)"?$/.test(parameter))
      throw unsupported(`Content-Type parameter ${parameter.slice(0, 40)} is not supported.`);
  }
  if (type === 'application/json') return 'json';
  if (type === 'text/csv') return 'csv';
  if (type === 'application/octet-stream') return 'binary';
  throw unsupported(type === '' ? 'The request has no Content-Type.' : 'This Content-Type is not supported.');
}

const unsupported = (message: string) => new AppError(ERRORS.UNSUPPORTED_MEDIA, message);

type Done = (error: AppError | undefined, body: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/** Reads the whole body within MAX_BODY and undoes gzip; calls back once. A larger one is refused before it is buffered. */
export function readBody(request: IncomingMessage, done: Done): void {
  const declared = request.headers['content-length'];
  if (declared !== undefined && Number(declared) > MAX_BODY) {
    done(tooLarge(), NOTHING);
    return;
  }
  let body: Buffer | undefined;
  let size = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    if (over) return;
    if (body === undefined) {
      body = chunk;
      size = chunk.length;
    } else if (size + chunk.length > MAX_BODY) {
      over = true;
      done(tooLarge(), NOTHING);
    } else {
      body = append(body, size, chunk);
      size += chunk.length;
    }
  });
  request.on('end', () => {
    if (over) return;
    over = true;
    decode(request.headers['content-encoding'], body === undefined ? NOTHING : body.subarray(0, size), done);
  });
}

/** Grows by doubling, so that millions of tiny chunks cost no more than their bytes. */
function append(body: Buffer, size: number, chunk: Buffer): Buffer {
  let target = body;
  if (size + chunk.length > body.length) {
    target = Buffer.allocUnsafe(Math.min(MAX_BODY, Math.max(4_096, 2 * (size + chunk.length))));
    body.copy(target, 0, 0, size);
  }
  chunk.copy(target, size);
  return target;
}

function decode(encoding: string | undefined, body: Buffer, done: Done): void {
  if (encoding === undefined || encoding === 'identity') {
    done(undefined, body);
    return;
  }
  if (encoding !== 'gzip') {
    done(unsupported('This Content-Encoding is not supported; use gzip or none.'), NOTHING);
    return;
  }
  gunzip(body, { maxOutputLength: MAX_BODY }, (error, plain) => {
    if (!error) done(undefined, plain);
    else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') done(tooLarge(), NOTHING);
    else done(invalid('The body is not valid gzip.'), NOTHING);
  });
}
