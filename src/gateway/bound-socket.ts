import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { AppError, defineErrors } from '../lib/errors.ts';

/** A bound, listening-capable socket that this process holds without accepting; it can be sent to child processes. */
export interface BoundSocket {
  /** What `ChildProcess.send` takes as its handle. */
  handle: net.Server;
  port: number;
  close(): void;
}

interface NativeHandle {
  getsockname(out: { port?: number }): number;
  close(): void;
}

/** Not part of Node's documented interface; kept in this one place, and tested. */
type CreateServerHandle = (
  host: string,
  port: number,
  addressType: 4 | 6,
  fd: number,
  flags: number,
) => NativeHandle | number;

const BIND_ERRORS = defineErrors({
  PORT_IN_USE: {
    status: 409,
    hint: 'Choose another RONDO_GATEWAY_PORT (0 = any free port), or stop the program that uses this one.',
  },
});

/** Binds, or throws 409 when the port is taken; the bind alone would tell that only to the first who listens. */
export async function bindSocket(host: string, port: number): Promise<BoundSocket> {
  const create = (net as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle;
  const address = host === 'localhost' ? '127.0.0.1' : host;
  await probe(address, port);
  const handle = create(address, port, net.isIPv6(address) ? 6 : 4, -1, 0);
  if (typeof handle === 'number') {
    throw taken(host, port, getSystemErrorName(handle));
  }
  const name: { port?: number } = {};
  handle.getsockname(name);
  return { handle: handle as unknown as net.Server, port: name.port ?? port, close: () => handle.close() };
}

const taken = (host: string, port: number, code: string) =>
  new AppError(BIND_ERRORS.PORT_IN_USE, `The gateway cannot bind ${host}:${port} (${code}).`);

function probe(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(taken(host, port, error.code ?? error.message)),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
