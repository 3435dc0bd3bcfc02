const KEY = 'rondo.token';

let token: string | undefined;
const listeners = new Set<() => void>();

/** Takes `?token=` of a start URL, keeps it for this tab and removes it from the address bar at once. */
export function takeToken(): void {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given) {
    setToken(given);
    url.searchParams.delete('token');
    history.replaceState(history.state, '', url.pathname + url.search + url.hash);
    return;
  }
  try {
    token = sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    token = undefined;
  }
}

export const getToken = () => token;

export function setToken(next: string | undefined): void {
  token = next;
  try {
    if (next) sessionStorage.setItem(KEY, next);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage the token lives in memory, until the tab closes.
  }
  for (const listener of listeners) listener();
}

export function onToken(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
