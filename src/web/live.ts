import type { QueryKey } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { queryClient } from './api.ts';
import { eventParser, type StreamEvent } from './event-stream.ts';
import { getToken, onToken } from './session.ts';

/** live: events arrive. catching-up: connected again after a gap. as-of: no connection, data of that moment (ms). */
export type LiveState = { kind: 'live' } | { kind: 'catching-up' } | { kind: 'as-of'; at: number };

const EVENTS_PATH = '/api/v1/events';
const PAINT_MS = 250;
const SLOWEST_RETRY_MS = 30_000;

let state: LiveState = { kind: 'as-of', at: Date.now() };
const watchers = new Set<() => void>();
const readers = new Set<(events: readonly StreamEvent[]) => void>();
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

/**
 * Keeps these queries fresh: refetches them at most four times a second while events arrive, never in a hidden
 * tab, and once after a gap. One connection per tab serves all callers; it resumes by Last-Event-ID.
 * `touches` narrows to the events that matter. Returns the connection's state.
 */
export function useLive(
  keys: readonly QueryKey[],
  touches: (event: StreamEvent) => boolean = () => true,
): LiveState {
  const refresh = useEffectEvent((events: readonly StreamEvent[]) => {
    if (events.length > 0 && !events.some(touches)) return;
    for (const queryKey of keys) void queryClient.invalidateQueries({ queryKey });
  });
  useEffect(() => {
    const reader = (events: readonly StreamEvent[]) => refresh(events);
    readers.add(reader);
    start();
    return () => {
      readers.delete(reader);
    };
  }, []);
  return useLiveState();
}

/** Opens the one connection when there is a token; without one the state stays "as of". */
export function start(): void {
  if (stop) return;
  let ended = new AbortController();
  const connect = () => {
    ended.abort();
    ended = new AbortController();
    if (getToken()) void run(ended.signal);
    else set({ kind: 'as-of', at: Date.now() });
  };
  const off = onToken(connect);
  stop = () => {
    off();
    ended.abort();
    stop = undefined;
  };
  connect();
}

async function run(signal: AbortSignal): Promise<void> {
  let last: string | undefined;
  let wait = 1000;
  let gap = false;
  while (!signal.aborted) {
    try {
      await read(signal, last, gap, (event) => {
        last = event.id ?? last;
        wait = 1000;
      });
    } catch {
      // Lost or refused: the state says so, and the loop tries again.
    }
    if (signal.aborted) return;
    if (state.kind !== 'as-of') set({ kind: 'as-of', at: Date.now() });
    gap = true;
    await new Promise((resolve) => setTimeout(resolve, wait * (0.8 + 0.4 * Math.random())));
    wait = Math.min(SLOWEST_RETRY_MS, wait * 2);
  }
}

async function read(
  signal: AbortSignal,
  last: string | undefined,
  gap: boolean,
  seen: (event: StreamEvent) => void,
): Promise<void> {
  const headers: Record<string, string> = {
    accept: 'text/event-stream',
    authorization: `Bearer ${getToken()}`,
  };
  if (last) headers['last-event-id'] = last;
  const response = await fetch(EVENTS_PATH, { headers, signal });
  if (
    !response.ok ||
    !response.body ||
    !response.headers.get('content-type')?.startsWith('text/event-stream')
  ) {
    await response.body?.cancel();
    return;
  }
  if (gap) {
    set({ kind: 'catching-up' });
    deliver([]);
  }
  set({ kind: 'live' });
  const parse = eventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const events = parse(piece.value);
    for (const event of events) seen(event);
    if (events.length) queue(events);
  }
}

let waiting: StreamEvent[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function queue(events: readonly StreamEvent[]): void {
  waiting.push(...events);
  timer ??= setTimeout(flush, PAINT_MS);
}

function flush(): void {
  timer = undefined;
  if (document.hidden) {
    document.addEventListener('visibilitychange', flush, { once: true });
    return;
  }
  const events = waiting;
  waiting = [];
  if (events.length) deliver(events);
}

function deliver(events: readonly StreamEvent[]): void {
  for (const reader of readers) reader(events);
}

function set(next: LiveState): void {
  state = next;
  for (const watcher of watchers) watcher();
}
