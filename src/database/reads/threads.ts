import { Worker } from 'node:worker_threads';
import { AppError } from '../../lib/errors.ts';
import { JsonBytes } from '../../lib/contract/index.ts';
import type { LongReads } from './reads.ts';
import type { ThreadAnswer, ThreadData, ThreadOrder } from './thread.ts';

/** An idle thread costs about 10 MB and ends after this time. */
const IDLE_MS = 15_000;
/** One core stays with the event loop. */
const THREADS = 2;

interface Waiting {
  order: ThreadOrder;
  resolve(bytes: JsonBytes): void;
  reject(error: unknown): void;
}

interface Thread {
  worker: Worker;
  running: Waiting | undefined;
  idle: NodeJS.Timeout | undefined;
}

/** Long reads of a SQLite file in threads with connections of their own, which start when they are needed and end when idle. */
export function threadReads(file: string, entry: string): LongReads {
  const threads = new Set<Thread>();
  const waiting: Waiting[] = [];
  let closed = false;

  function start(): Thread {
    const data: ThreadData = { file };
    const thread: Thread = {
      worker: new Worker(entry, { workerData: data }),
      running: undefined,
      idle: undefined,
    };
    threads.add(thread);
    thread.worker.unref();
    thread.worker.on('message', (answer: ThreadAnswer) => {
      const done = thread.running;
      thread.running = undefined;
      if ('bytes' in answer) done?.resolve(JsonBytes.over(answer.bytes));
      else done?.reject(toError(answer));
      next(thread);
    });
    const gone = (error: unknown) => {
      if (!threads.delete(thread)) return;
      clearTimeout(thread.idle);
      thread.running?.reject(error);
      if (waiting.length > 0 && !closed) next(start());
    };
    thread.worker.on('error', gone);
    thread.worker.on('exit', (code) => gone(new Error(`A reader thread ended with code ${code}.`)));
    return thread;
  }

  function next(thread: Thread): void {
    clearTimeout(thread.idle);
    thread.running = waiting.shift();
    if (thread.running) thread.worker.postMessage(thread.running.order);
    else thread.idle = setTimeout(() => void end(thread), IDLE_MS).unref();
  }

  async function end(thread: Thread): Promise<void> {
    threads.delete(thread);
    clearTimeout(thread.idle);
    await thread.worker.terminate();
  }

  return {
    run(name, params) {
      if (closed) return Promise.reject(new Error('The database is closed.'));
      return new Promise((resolve, reject) => {
        waiting.push({ order: { name, params }, resolve, reject });
        const idle = [...threads].find((thread) => !thread.running);
        if (idle) next(idle);
        else if (threads.size < THREADS) next(start());
      });
    },
    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new Error('The database is closed.'));
      await Promise.all([...threads].map(end));
    },
  };
}

function toError(answer: Extract<ThreadAnswer, { message: string }>): Error {
  const { code, status, message, hint, details } = answer;
  return code === undefined || status === undefined
    ? new Error(message)
    : new AppError({ code, status }, message, { hint, details });
}
