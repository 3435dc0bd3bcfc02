import type { ServerResponse } from 'node:http';
import type { AppError } from '../../../lib/errors.ts';

/** Which error body an address speaks. */
export type Dialect = 'oip' | 'mlflow' | 'native';

export const JSON_TYPE = 'application/json';

/** Sends a whole answer in one write. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers?: Record<string, string>,
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, { 'content-type': type, 'content-length': length, ...headers });
  response.end(body);
}

/** The error in the dialect of the address: no stack, path or inner name ever leaves. */
export function sendError(response: ServerResponse, dialect: Dialect, error: AppError): void {
  if (response.headersSent || response.destroyed) return;
  const status = dialect === 'mlflow' && error.status === 422 ? 400 : error.status;
  const headers: Record<string, string> = {};
  if (status === 429 || status === 503) headers['retry-after'] = '1';
  if (status === 413) headers.connection = 'close';
  const text = error.hint ? `${error.message} ${error.hint}` : error.message;
  if (dialect === 'oip') send(response, status, JSON_TYPE, JSON.stringify({ error: text }), headers);
  else if (dialect === 'native') send(response, status, JSON_TYPE, JSON.stringify(error.toFault()), headers);
  else if (status === 415) send(response, status, 'text/plain; charset=utf-8', text, headers);
  else {
    const code = status === 400 ? 'BAD_REQUEST' : error.code;
    send(response, status, JSON_TYPE, JSON.stringify({ error_code: code, message: text }), headers);
  }
}
