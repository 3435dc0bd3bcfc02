import { parentPort, workerData } from 'node:worker_threads';
import { type Feed, openSession, type Port } from './session.ts';

export interface ThreadRequest {
  id: number;
  feeds: Feed[];
  fetches: string[];
}

export type ThreadReply =
  | { kind: 'ready'; inputs: Port[]; outputs: Port[] }
  | { kind: 'unusable'; message: string }
  | { kind: 'scored'; id: number; results: unknown[] }
  | { kind: 'failed'; id: number; message: string };

/** Entry of the inference thread: one model, one batch at a time, until the port closes. */
async function serve(): Promise<void> {
  const port = parentPort;
  if (!port) return;
  const reply = (message: ThreadReply) => port.postMessage(message);
  try {
    const session = await openSession((workerData as { bytes: Uint8Array }).bytes);
    port.on('message', (request: ThreadRequest) => {
      session.run(request.feeds, request.fetches).then(
        (results) => reply({ kind: 'scored', id: request.id, results }),
        (error: unknown) => reply({ kind: 'failed', id: request.id, message: String(error) }),
      );
    });
    reply({ kind: 'ready', inputs: session.inputs, outputs: session.outputs });
  } catch (error) {
    reply({ kind: 'unusable', message: String(error) });
  }
}

await serve();
