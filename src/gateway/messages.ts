/** What the parent tells a worker. `listen` comes with the bound socket. */
export type FromParent =
  | { kind: 'listen'; epoch: number; deadlineMs: number }
  | { kind: 'drain'; graceMs: number }
  /** The worker before this one has ended: pick up what it left in the log. */
  | { kind: 'settle' };

/** What a worker tells the parent. */
export type ToParent = { kind: 'ready' };
