/** Acts every `ms`, never twice at once; what it throws goes to `failed`. Does not keep the process alive. */
export function repeat(
  ms: number,
  act: (signal: AbortSignal) => Promise<void>,
  failed: (error: unknown) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= act(stopping.signal)
      .catch(failed)
      .finally(() => {
        running = undefined;
      });
  }, ms).unref();
  return {
    /** Settles when what was under way has ended. */
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
