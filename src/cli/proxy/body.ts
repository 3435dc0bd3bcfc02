import type { IncomingMessage } from 'node:http';

export interface Body {
  /** All of it, or its beginning. */
  head: Buffer;
  rest: AsyncIterator<Buffer> | undefined;
}

/** The body up to a limit, and how to get the rest where there is more. */
export async function takeBody(request: IncomingMessage, most: number): Promise<Body> {
  const pieces = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const { value, done } = await pieces.next();
    if (done) return { head: Buffer.concat(chunks), rest: undefined };
    chunks.push(value);
    bytes += value.length;
    if (bytes > most) return { head: Buffer.concat(chunks), rest: pieces };
  }
}
