import { QueryClient } from '@tanstack/react-query';
import {
  type AnswerOf,
  type Args,
  callEndpoint,
  type CallOptions,
  type Endpoint,
} from '../lib/contract/index.ts';
import { AppError, type Fault } from '../lib/errors.ts';
import { projectOf } from './navigation.ts';
import { getToken } from './session.ts';

/** One client for all pages: data stays fresh by live events, so nothing is asked again on focus. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      networkMode: 'always',
      retry: (count, error) =>
        count < 2 && !(error instanceof AppError && error.status >= 400 && error.status < 500),
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

let onSignedOut: (() => void) | undefined;

/** Called when the server does not know the token any more; the router goes to the sign-in page. */
export function whenSignedOut(run: () => void): void {
  onSignedOut = run;
}

/** Calls an endpoint of this server with the token of the tab, in the project of the address. Throws AppError. */
export async function call<E extends Endpoint>(
  endpoint: E,
  args: Args<E>,
  options?: CallOptions,
): Promise<AnswerOf<E>> {
  try {
    const workspace = endpoint.dialect === 'mlflow' ? projectOf(location.pathname) : undefined;
    const headers = workspace === undefined ? undefined : { 'x-mlflow-workspace': workspace };
    return await callEndpoint(endpoint, args, { url: '', token: getToken(), headers }, options);
  } catch (error) {
    if (error instanceof AppError && error.status === 401 && getToken()) onSignedOut?.();
    throw error;
  }
}

/** The fault behind anything that a page threw while it was drawn. */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof AppError) return thrown.toFault();
  return {
    code: 'PAGE_FAILED',
    message: 'This part of the page stopped working; nothing was changed on the server.',
    hint: 'Load the page again. If it comes back, report the text below.',
    details: thrown instanceof Error ? thrown.message : String(thrown),
  };
}
