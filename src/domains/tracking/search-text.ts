import { parseFilter, parseOrderBy } from '../../lib/search/parse.ts';
import { badParameter } from './errors.ts';
import type { Search } from './store/search.ts';

/** A search as clients write it. */
export interface SearchText {
  /** MLflow's filter grammar, and OR, NOT, parentheses, MATCHES, IS NULL. */
  filter?: string | undefined;
  orderBy?: readonly string[] | undefined;
  limit?: number | undefined;
  token?: string | undefined;
}

const MOST = 50_000;

export function searchOf(text: SearchText, of: 'runs' | 'experiments'): Search {
  return {
    filter: parseFilter(text.filter ?? '', of),
    orderBy: parseOrderBy(text.orderBy ?? [], of),
    limit: limitOf(text.limit ?? 1000),
    token: text.token || undefined,
  };
}

export function limitOf(limit: number): number {
  if (limit < 1)
    throw badParameter(
      `Invalid value ${limit} for parameter 'max_results' supplied. It must be a positive integer`,
    );
  if (limit > MOST)
    throw badParameter(
      `Invalid value ${limit} for parameter 'max_results' supplied. It must be at most ${MOST}`,
    );
  return limit;
}
