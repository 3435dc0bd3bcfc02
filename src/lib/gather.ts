import { AppError } from './errors.ts';

export type Outcome<R> = { value: R } | { error: unknown };

export function outcomeOf<R>(act: () => R): Outcome<R> {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}

interface Limits<T> {
  /** Largest sum of sizes of a group. */
  most: number;
  /** 1 for each when left out. */
  sizeOf?: (item: T) => number;
  /** Groups under way at the same time. */
  atOnce?: number;
}

interface Waiting<T, R> {
  item: T;
  resolve: (value: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Serves calls that come at the same time together: those of one turn of the event loop, and those that waited while a group was
 * under way. A lone call is served at once. `together` answers in the order of its items; when it fails for a group, each item is
 * tried by itself, so that one of them does not fail the others: but not after a fault that concerns all of them, such as a database
 * that is away, for what was asked may have been done.
 */
export function gather<T, R>(
  together: (items: readonly T[]) => Promise<readonly Outcome<R>[]>,
  { most, sizeOf = () => 1, atOnce = 1 }: Limits<T>,
): (item: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = [];
  let running = 0;
  let isDue = false;

  /** Not before the event loop has turned: what has arrived at its sockets meanwhile goes along. */
  function schedule(): void {
    if (isDue || running >= atOnce || waiting.length === 0) return;
    isDue = true;
    setImmediate(begin);
  }

  function begin(): void {
    isDue = false;
    while (running < atOnce && waiting.length > 0) {
      running++;
      void serve(waiting.splice(0, fitting())).finally(() => {
        running--;
        schedule();
      });
    }
  }

  /** How many of those that wait go together: always one. */
  function fitting(): number {
    let size = 0;
    const over = waiting.findIndex(({ item }, at) => (size += sizeOf(item)) > most && at > 0);
    return over < 0 ? waiting.length : over;
  }

  async function serve(group: Waiting<T, R>[]): Promise<void> {
    try {
      const outcomes = await together(group.map(({ item }) => item));
      for (const [at, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[at] as Outcome<R>;
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value);
      }
    } catch (error) {
      const concernsAll = error instanceof AppError && error.status >= 500;
      if (group.length === 1 || concernsAll) for (const { reject } of group) reject(error);
      else for (const each of group) await serve([each]);
    }
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      schedule();
    });
}
