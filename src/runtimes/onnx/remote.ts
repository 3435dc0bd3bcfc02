import { Worker } from 'node:worker_threads';
import type { Fetched, Session } from './session.ts';
import type { ThreadReply, ThreadRequest } from './thread.ts';

interface Waiting {
  resolve(results: Fetched[]): void;
  reject(error: Error): void;
}

/** Opens a model in a thread of its own. `entry`: the bundled `thread.ts`. If the thread dies, all open calls fail. */
export async function openRemoteSession(bytes: Uint8Array, entry: string | URL): Promise<Session> {
  const worker = new Worker(entry, { workerData: { bytes } });
  const waiting = new Map<number, Waiting>();
  let count = 0;
  let dead: Error | undefined;
  const fail = (error: Error) => {
    dead ??= error;
    for (const call of waiting.values()) call.reject(dead);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The inference thread ended with code ${code}.`)));

  const ready = await new Promise<Extract<ThreadReply, { kind: 'ready' }>>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The inference thread ended while it loaded the model.')));
    worker.once('message', (reply: ThreadReply) => {
      if (reply.kind === 'ready') resolve(reply);
      else reject(new Error(reply.kind === 'unusable' ? reply.message : 'unexpected answer'));
    });
  }).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  worker.on('message', (reply: ThreadReply) => {
    if (reply.kind !== 'scored' && reply.kind !== 'failed') return;
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.kind === 'scored') call?.resolve(reply.results as Fetched[]);
    else call?.reject(new Error(reply.message));
  });
  worker.unref();

  return {
    inputs: ready.inputs,
    outputs: ready.outputs,
    run(feeds, fetches) {
      if (dead) return Promise.reject(dead);
      const request: ThreadRequest = { id: ++count, feeds, fetches };
      return new Promise((resolve, reject) => {
        waiting.set(request.id, { resolve, reject });
        worker.postMessage(request);
      });
    },
    async close() {
      await worker.terminate();
    },
  };
}
