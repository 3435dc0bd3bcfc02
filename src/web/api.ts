import { QueryClient } from '@tanstack/react-query';
import type { Fault } from '../lib/errors.ts';
import { getToken } from './session.ts';

/** A failed request, carrying the fault the server answered with. */
export class FaultError extends Error {
  readonly fault: Fault;
  readonly status: number;

  constructor(fault: Fault, status: number) {
    super(fault.message);
    this.name = 'FaultError';
    this.fault = fault;
    this.status = status;
  }
}

/** One client for all pages: data stays fresh by live events, so nothing is asked again on focus. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < 2 && !(error instanceof FaultError && error.status >= 400 && error.status < 500),
    },
    mutations: { retry: false },
  },
});

let onSignedOut: (() => void) | undefined;

/** Called when the server no longer knows the token; the router goes to the sign-in page. */
export function whenSignedOut(run: () => void): void {
  onSignedOut = run;
}

/**
 * Asks the API. Sends the token and, for a body that is not yet text, JSON. Resolves to the parsed answer
 * (undefined for 204). Throws `FaultError` for any failure, also when no answer came (status 0).
 */
export async function fetchJson<T>(
  path: string,
  init: Omit<RequestInit, 'body'> & { body?: unknown } = {},
): Promise<T> {
  const headers = new Headers(init.headers);
  const token = getToken();
  if (token) headers.set('authorization', `Bearer ${token}`);
  headers.set('accept', 'application/json');
  const { body, ...rest } = init;
  if (body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
  let response: Response;
  try {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    response = await fetch(path, { ...rest, headers, body: sent });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new FaultError(NO_ANSWER, 0);
  }
  if (response.status === 401) onSignedOut?.();
  if (!response.ok) throw new FaultError(await readFault(response), response.status);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The fault behind anything thrown, to be shown by `Fault`. */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof FaultError) return thrown.fault;
  return {
    code: 'PAGE_FAILED',
    message: 'This part of the page stopped working; nothing was changed on the server.',
    hint: 'Load the page again. If it comes back, report the text below.',
    details: thrown instanceof Error ? thrown.message : String(thrown),
  };
}

const NO_ANSWER: Fault = {
  code: 'UNAVAILABLE',
  message: 'The server did not answer.',
  hint: 'Look whether it runs and is reachable from here, then try again.',
};

async function readFault(response: Response): Promise<Fault> {
  try {
    const answer = (await response.json()) as { error?: Fault } & Partial<Fault>;
    const fault = answer.error ?? answer;
    if (typeof fault.code === 'string' && typeof fault.message === 'string') return fault as Fault;
  } catch {
    // The answer is no JSON: a proxy or another server answered.
  }
  return {
    code: `HTTP_${response.status}`,
    message: `The answer was ${response.status} and not one of Rondo's.`,
    hint: 'Look whether a proxy stands between this page and the server.',
    request_id: response.headers.get('x-request-id') ?? undefined,
  };
}
