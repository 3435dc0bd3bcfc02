export interface Backoff {
  /** Upper bound of the first delay in milliseconds; default 100. */
  baseMs?: number;
  /** Upper bound of any delay; default 10,000. */
  capMs?: number;
  /** Uniform in [0, 1); default Math.random. */
  random?: () => number;
}

export interface RetryOptions extends Backoff {
  /** Calls in all, the first included; default 5. */
  attempts?: number;
  /** Ends waiting at once; the promise is then rejected with the signal's reason. */
  signal?: AbortSignal;
  /** Whether an error is worth another call; by default every one is. */
  when?: (error: unknown) => boolean;
  /** Told before each wait. */
  onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

/**
 * Delay before call `attempt` + 1 (attempt counts from 1): uniform between 0 and the doubling bound. This "full jitter" spreads
 * many clients best (AWS Architecture Blog, "Exponential Backoff and Jitter").
 */
export function backoffDelay(
  attempt: number,
  { baseMs = 100, capMs = 10_000, random = Math.random }: Backoff = {},
): number {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}

/** Calls until it succeeds, at most `attempts` times; then rejects with the last error. */
export async function retry<T>(
  call: (attempt: number) => T | Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = 5, signal, when = () => true } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call(attempt);
    } catch (error) {
      if (attempt >= attempts || !when(error)) throw error;
      const delay = backoffDelay(attempt, options);
      options.onRetry?.(error, attempt, delay);
      await sleep(delay, signal);
    }
  }
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
