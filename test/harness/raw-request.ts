import { request as httpRequest } from 'node:http';

/** One request exactly as written: no client may tidy the path. */
export function rawRequest(
  url: string,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = httpRequest(
      { hostname, port, method, path, headers: { ...length, ...headers } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
            headers: answer.headers,
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The arguments behind the first. */
export type Tail<F extends (...all: never[]) => unknown> =
  Parameters<F> extends [unknown, ...infer Rest] ? Rest : never;
