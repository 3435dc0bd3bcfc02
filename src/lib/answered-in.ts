/**
 * `fetch` whose answer must begin in time; how long its body takes is not limited. Without a limit a request may wait for ever: what
 * was queued while the server was away can stay in the queue of Node's `fetch`, with no socket and no connection under way.
 */
export async function answeredIn(ms: number, ...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`No answer within ${ms} ms.`)), ms);
  const signals = init?.signal ? [late.signal, init.signal] : [late.signal];
  try {
    return await fetch(input, { ...init, signal: AbortSignal.any(signals) });
  } finally {
    clearTimeout(timer);
  }
}
