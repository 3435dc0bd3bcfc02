import { useEffect, useState } from 'react';
import type { Args, Endpoint } from '../lib/contract/index.ts';
import { AppError, type Fault, toAppError } from '../lib/errors.ts';
import { eventParser } from '../lib/event-stream.ts';
import { useCall } from './data.tsx';

export interface Following<Page> {
  pages: readonly Page[];
  /** The stream said that nothing more comes. */
  ended: boolean;
  fault: Fault | undefined;
}

interface FollowOptions<E extends Endpoint, Page> {
  /** What is followed; another key begins anew. Undefined follows nothing. */
  key: string | undefined;
  /** Where to go on: the number that the page before named. */
  argsFrom: (from: number) => Args<E>;
  nextOf: (page: Page) => number;
  isLast: (page: Page) => boolean;
}

const RETRY_MS = 1000;

/** Follows a stream of pages by sequence number; a broken connection goes on where it ended, with no page lost or doubled. */
export function useFollow<E extends Endpoint, Page>(
  endpoint: E,
  options: FollowOptions<E, Page>,
): Following<Page> {
  const call = useCall();
  const [state, setState] = useState<Following<Page> & { key: string | undefined }>({
    ...NOTHING,
    key: undefined,
  });
  const { key } = options;
  useEffect(() => {
    if (key === undefined) return undefined;
    const ended = new AbortController();
    void follow<E, Page>(call, endpoint, options, ended.signal, (change) =>
      setState((before) => {
        const old = before.key === key ? before : { ...NOTHING, key };
        return { ...old, ...change(old) };
      }),
    );
    return () => ended.abort();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the key names what the functions read
  }, [key]);
  return state.key === key ? state : NOTHING;
}

const NOTHING = { pages: [], ended: false, fault: undefined };

async function follow<E extends Endpoint, Page>(
  call: ReturnType<typeof useCall>,
  endpoint: E,
  { argsFrom, nextOf, isLast }: FollowOptions<E, Page>,
  signal: AbortSignal,
  set: (change: (old: Following<Page>) => Partial<Following<Page>>) => void,
): Promise<void> {
  let from = 0;
  while (!signal.aborted) {
    try {
      const response = (await call(endpoint, argsFrom(from), { signal })) as unknown as Response;
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const parse = eventParser();
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        const events = parse(piece.value);
        const fault = events.find((event) => event.type === 'fault');
        if (fault) throw new FaultEvent(JSON.parse(fault.data) as Fault);
        const pages = events
          .filter((event) => event.type === 'log')
          .map((event) => JSON.parse(event.data) as Page);
        const last = pages.at(-1);
        if (!last) continue;
        from = nextOf(last);
        set((old) => ({ pages: [...old.pages, ...pages], ended: isLast(last), fault: undefined }));
        if (isLast(last)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      const fault = error instanceof FaultEvent ? error.fault : toAppError(error).toFault();
      set(() => ({ fault }));
      if (error instanceof FaultEvent || (error instanceof AppError && error.status < 500)) return;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** A fault that came as an event of the stream: the answer itself had begun well. */
class FaultEvent extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}
