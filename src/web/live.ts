import { useSyncExternalStore } from 'react';
import { eventsContract } from '../events/contract.ts';
import { queryClient } from './api.ts';
import { eventParser, type StreamEvent } from '../lib/event-stream.ts';
import { concerns, isOfOthers, newsOf, runOf } from './live-topics.ts';
import { getToken, onToken } from './session.ts';

/** live: events arrive. catching-up: connected again after a gap. as-of: no connection since `at`, next try at `next` (ms). */
export type LiveState =
  | { kind: 'live' }
  | { kind: 'catching-up' }
  | { kind: 'as-of'; at: number; next: number };

const PAINT_MS = 250;
const FIRST_RETRY_MS = 1000;
const SLOWEST_RETRY_MS = 30_000;
/** The server beats every 15 s; after this long without a byte the connection counts as lost. */
const SILENCE_MS = 40_000;

let state: LiveState = { kind: 'catching-up' };
const watchers = new Set<() => void>();
let stop: (() => void) | undefined;

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => state,
  );
}

/** Opens the one connection of this tab; it resumes by Last-Event-ID and starts anew when the token changes. */
export function start(): void {
  if (stop) return;
  let ended = new AbortController();
  const connect = () => {
    ended.abort();
    ended = new AbortController();
    void run(ended.signal);
  };
  const off = onToken(connect);
  stop = () => {
    off();
    ended.abort();
    stop = undefined;
  };
  connect();
}

/** Tries again at once, for a person who does not want to wait. */
export function reconnect(): void {
  wake();
}

let wake = () => {};

async function run(signal: AbortSignal): Promise<void> {
  let last: string | undefined;
  let wait = FIRST_RETRY_MS;
  let gap = false;
  while (!signal.aborted) {
    await read(signal, last, gap, (event) => {
      last = event.id ?? last;
      wait = FIRST_RETRY_MS;
    }).catch(() => undefined);
    if (signal.aborted) return;
    const pause = wait * (0.8 + 0.4 * Math.random());
    set({
      kind: 'as-of',
      at: state.kind === 'as-of' ? state.at : Date.now(),
      next: Date.now() + pause,
    });
    gap = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wait = Math.min(SLOWEST_RETRY_MS, wait * 2);
  }
}

async function read(
  signal: AbortSignal,
  last: string | undefined,
  gap: boolean,
  seen: (event: StreamEvent) => void,
): Promise<void> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), SILENCE_MS);
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  const token = getToken();
  if (token) headers.authorization = `Bearer ${token}`;
  if (last) headers['last-event-id'] = last;
  try {
    const response = await fetch(eventsContract.streamEvents.path, {
      headers,
      signal: AbortSignal.any([signal, silent.signal]),
    });
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || !response.body || !type.startsWith('text/event-stream')) {
      await response.body?.cancel();
      return;
    }
    if (gap) {
      set({ kind: 'catching-up' });
      await queryClient.invalidateQueries();
    }
    set({ kind: 'live' });
    const parse = eventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
      for (const event of parse(piece.value)) {
        seen(event);
        queue(event);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

const waiting = new Set<string>();
/** News that come from signals of single runs alone, which questions about other runs need not hear; by run. */
const ofRuns = new Map<string, Set<string>>();
let timer: ReturnType<typeof setTimeout> | undefined;

function queue(event: StreamEvent): void {
  const news = newsOf(event);
  if (news.length === 0) return;
  const run = runOf(event);
  if (run === undefined) for (const each of news) waiting.add(each);
  else ofRuns.set(run, new Set(news));
  timer ??= setTimeout(flush, PAINT_MS);
}

function flush(): void {
  timer = undefined;
  if (document.hidden) {
    document.addEventListener('visibilitychange', flush, { once: true });
    return;
  }
  const news = [...waiting];
  const runs = new Set(ofRuns.keys());
  const newsOfRuns = [...new Set([...ofRuns.values()].flatMap((each) => [...each]))];
  waiting.clear();
  ofRuns.clear();
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [path, asked] }) =>
      typeof path === 'string' &&
      (concerns(path, news) || (concerns(path, newsOfRuns) && !isOfOthers(asked, runs))),
  });
}

function set(next: LiveState): void {
  state = next;
  for (const watcher of watchers) watcher();
}
