import { useLocation, useParams, useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';

export interface Place {
  /** The project of the address; empty on pages over all projects. */
  project: string;
  /** Parts of the address by name: `params.monitor`. */
  params: Readonly<Record<string, string>>;
  /** Search parameters that hold text or numbers, as text. */
  search: Readonly<Record<string, string>>;
  go: (href: string) => void;
  /** Changes search parameters; undefined removes one. Pushes history unless `replace`. */
  setSearch: (change: Record<string, string | number | undefined>, options?: { replace?: boolean }) => void;
  /** The address of this page with other search parameters. */
  hrefWith: (change: Record<string, string | number | undefined>) => string;
}

/** Where one is: what a page needs of the address, so that its state is in the URL. */
export function usePlace(): Place {
  const router = useRouter();
  const location = useLocation();
  const params = useParams({ strict: false }) as Record<string, string>;
  const search = texts(location.search as Record<string, unknown>);
  const hrefWith = useCallback(
    (change: Record<string, string | number | undefined>) => {
      const query = new URLSearchParams(texts(router.state.location.search as Record<string, unknown>));
      for (const [key, value] of Object.entries(change)) {
        if (value === undefined || value === '') query.delete(key);
        else query.set(key, String(value));
      }
      const text = query.toString();
      return router.state.location.pathname + (text ? `?${text}` : '');
    },
    [router],
  );
  return {
    project: params.project ?? '',
    params,
    search,
    go: (href) => router.history.push(href),
    setSearch: (change, options) => {
      const href = hrefWith(change);
      if (options?.replace) router.history.replace(href);
      else router.history.push(href);
    },
    hrefWith,
  };
}

export { pageHref as pageOf } from '../lib/page-href.ts';

const texts = (search: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(search)
      .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
      .map(([key, value]) => [key, String(value)]),
  );
