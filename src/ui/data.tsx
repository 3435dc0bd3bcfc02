import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { flushSync } from 'react-dom';
import type { AnswerOf, Args, CallOptions, Endpoint, Need } from '../lib/contract/index.ts';
import { type Fault, toAppError } from '../lib/errors.ts';
import type { PanelState } from './panel.tsx';
import { saveFile } from './save-file.ts';
import { toast } from './toasts.tsx';

/** The person at the screen, as the server knows them. */
export interface Me {
  name: string;
  kind: string;
  /** In the project of the address; null without one. */
  role: string | null;
  /** Signed in with a password, so that they can change it and make tokens. */
  session: boolean;
  may: readonly string[];
}

/** How pages reach the server; given by the frame, so that a page knows contracts and nothing of transport. */
export interface DataAccess {
  call<E extends Endpoint>(endpoint: E, args: Args<E>, options?: CallOptions): Promise<AnswerOf<E>>;
  me: Me | undefined;
  /** The project of the address; endpoints of the MLflow dialect, which name none in their path, ask in it. */
  workspace: string;
  /** Set while there is no connection: why nothing can be changed now. */
  offline?: string;
}

const DataContext = createContext<DataAccess | undefined>(undefined);

export function DataProvider({ value, children }: { value: DataAccess; children: ReactNode }) {
  return <DataContext value={value}>{children}</DataContext>;
}

/** An answer on its way: old data stays while new loads. */
export interface Answered<T> {
  data: T | undefined;
  fault: Fault | undefined;
  refreshing: boolean;
  retry: () => void;
}

/** Key of an endpoint's answers in the cache; its first part is the path, by which live events find it. */
const queryKey = (endpoint: Endpoint, args: unknown, workspace: string) =>
  [endpoint.path, args, endpoint.dialect === 'mlflow' ? workspace : ''] as const;

/** Asks an endpoint and keeps the answer fresh. Pass `undefined` as args to wait with the question. */
export function useEndpoint<E extends Endpoint>(
  endpoint: E,
  args: Args<E> | undefined,
  options: { every?: number } = {},
): Answered<AnswerOf<E>> {
  const { call, workspace } = useAccess();
  const query = useQuery({
    queryKey: queryKey(endpoint, args, workspace),
    queryFn: ({ signal }) => call(endpoint, args as Args<E>, { signal }),
    enabled: args !== undefined,
    placeholderData: (before: AnswerOf<E> | undefined, query) =>
      query && sameObject(query.queryKey[1], args) ? before : undefined,
    refetchInterval: options.every ?? false,
  });
  return {
    data: query.data as AnswerOf<E> | undefined,
    fault: query.error && query.data === undefined ? toAppError(query.error).toFault() : undefined,
    refreshing: query.isFetching && query.isPlaceholderData,
    retry: () => void query.refetch(),
  };
}

/** The same question about several things; undefined for those that have not been answered. */
export function useEndpoints<E extends Endpoint>(
  endpoint: E,
  asked: readonly Args<E>[],
): (AnswerOf<E> | undefined)[] {
  const { call, workspace } = useAccess();
  return useQueries({
    queries: asked.map((args) => ({
      queryKey: queryKey(endpoint, args, workspace),
      queryFn: ({ signal }: { signal: AbortSignal }) => call(endpoint, args, { signal }),
    })),
    combine: answersOf<AnswerOf<E>>,
  });
}

/** One function for all draws: the answers stay the same list until one of them changes. */
const answersOf = <T,>(queries: readonly { data: T | undefined }[]): (T | undefined)[] =>
  queries.map(({ data }) => data);

/** Pages of a list that were asked for so far, one after the other. */
export interface Paged<T> {
  pages: readonly T[];
  fault: Fault | undefined;
  /** Nothing has come yet. */
  loading: boolean;
  /** What is shown answers the question before. */
  refreshing: boolean;
  more: { loading: boolean; load: () => void } | undefined;
  retry: () => void;
}

/**
 * Asks an endpoint for page after page. Live events leave what was loaded alone, so that no row moves under the pointer; the
 * page asks again when a person wants it.
 */
export function usePages<E extends Endpoint>(
  endpoint: E,
  argsFor: ((token: string | undefined) => Args<E>) | undefined,
  tokenOf: (page: AnswerOf<E>) => string | undefined,
): Paged<AnswerOf<E>> {
  const { call, workspace } = useAccess();
  const query = useInfiniteQuery({
    queryKey: [PAGES, endpoint.path, argsFor?.(undefined), workspace],
    queryFn: ({ pageParam, signal }) => call(endpoint, argsFor?.(pageParam) as Args<E>, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => tokenOf(last),
    enabled: argsFor !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return {
    pages: query.data?.pages ?? NO_PAGES,
    fault: query.error && query.data === undefined ? toAppError(query.error).toFault() : undefined,
    loading: query.data === undefined,
    refreshing: query.isFetching && (query.isPlaceholderData || !query.isFetchingNextPage),
    more: query.hasNextPage
      ? { loading: query.isFetching, load: () => void query.fetchNextPage() }
      : undefined,
    retry: () => void query.refetch(),
  };
}

const NO_PAGES: never[] = [];
const PAGES = 'pages';

/** More pages than this are not asked again one after the other: the list begins anew. */
const MOST_PAGES = 10;

/** Asks again for everything that is on the screen, the pages of lists too; rows stay while new ones load. */
export function useAskAnew(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    const lists = client.getQueryCache().findAll({ queryKey: [PAGES], type: 'active' });
    const long = lists.some(
      ({ state }) => ((state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) > MOST_PAGES,
    );
    if (long) await client.resetQueries({ queryKey: [PAGES] });
    await client.invalidateQueries({ predicate: ({ queryKey }) => !long || queryKey[0] !== PAGES });
  };
}

/** The text of a file endpoint, for previews; asked once, for what files hold does not change. */
export function useFileText<E extends Endpoint>(endpoint: E, args: Args<E> | undefined): Answered<string> {
  const { call, workspace } = useAccess();
  const query = useQuery({
    queryKey: queryKey(endpoint, args, workspace),
    queryFn: async ({ signal }) => {
      const response: unknown = await call(endpoint, args as Args<E>, { signal });
      return (response as Response).text();
    },
    enabled: args !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return {
    data: query.data,
    fault: query.error ? toAppError(query.error).toFault() : undefined,
    refreshing: false,
    retry: () => void query.refetch(),
  };
}

/** Downloads a file endpoint with the rights of this tab, under the given name; a fault is told as a toast. */
export function useDownload(): <E extends Endpoint>(
  endpoint: E,
  args: Args<E>,
  name: string,
) => Promise<void> {
  const { call } = useAccess();
  return async (endpoint, args, name) => {
    try {
      const response: unknown = await call(endpoint, args);
      saveFile(await (response as Response).blob(), name);
    } catch (error) {
      toast(toAppError(error).message);
    }
  };
}

export interface Acting<E extends Endpoint> {
  /** `then` is told when it is done and what is on the screen was asked again. */
  run: (args: Args<E>, then?: () => void) => void;
  running: boolean;
  fault: Fault | undefined;
  reset: () => void;
}

/** Something a person does. Afterwards everything on the screen is asked again; `done` may return the sentence to say. */
export function useAct<E extends Endpoint>(
  endpoint: E,
  done?: (answer: AnswerOf<E>) => string | undefined,
): Acting<E> {
  const { call } = useAccess();
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: (args: Args<E>) => call(endpoint, args),
    onSuccess: async (answer) => {
      // Rendered at once: what it closed does not ask again for what is gone.
      const sentence = flushSync(() => done?.(answer));
      if (sentence) toast(sentence);
      await client.invalidateQueries();
    },
  });
  return {
    run: (args, then) => mutation.mutate(args, then && { onSuccess: then }),
    running: mutation.isPending,
    fault: mutation.error ? toAppError(mutation.error).toFault() : undefined,
    reset: mutation.reset,
  };
}

/** Calls an endpoint by hand, with the rights of this tab; for streams. */
export const useCall = (): DataAccess['call'] => useAccess().call;

export const useMe = (): Me | undefined => useAccess().me;

/** Why this person cannot do something that needs `need` now; undefined when they can. */
export function useBarrier(need: Need): string | undefined {
  const { me, offline } = useAccess();
  if (offline) return offline;
  if (!me || me.may.includes(need)) return undefined;
  const wanted = ROLE_OF[need] ?? need;
  if (me.kind !== 'anonymous')
    return `Needs ${wanted}. You are ${me.role && me.role !== 'none' ? me.role : 'without a role here'}.`;
  return `Needs ${wanted}. You read without a token; sign in first.`;
}

const ROLE_OF: Partial<Record<Need, string>> = {
  track: 'editor',
  edit: 'editor',
  operate: 'operator',
  admin: 'admin',
};

/** The state of a panel that shows one answer; `empty` is shown when the answer has nothing in it. */
export function panelState<T>(
  answer: Answered<T>,
  more: { rows?: number; empty?: (data: T) => ReactNode | undefined } = {},
): PanelState {
  if (answer.data === undefined) {
    if (answer.fault) return { kind: 'error', fault: answer.fault, onRetry: answer.retry };
    return { kind: 'loading', rows: more.rows, awaiting: 'Still waiting for the server.' };
  }
  const empty = more.empty?.(answer.data);
  if (empty !== undefined && empty !== null && empty !== false) return { kind: 'empty', empty };
  return { kind: 'ready', refreshing: answer.refreshing };
}

/** Whether two calls ask about the same thing, perhaps with another filter: then the old answer may stay meanwhile. */
const sameObject = (before: unknown, now: unknown): boolean =>
  JSON.stringify((before as { params?: unknown } | undefined)?.params) ===
  JSON.stringify((now as { params?: unknown } | undefined)?.params);

function useAccess(): DataAccess {
  const access = useContext(DataContext);
  if (!access) throw new Error('A page stands outside the frame that gives it data.');
  return access;
}
