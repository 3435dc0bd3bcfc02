import type { OrderBy } from '../../lib/search/filter.ts';
import { checkOrders, parseFilter, parseOrderBy } from '../../lib/search/parse.ts';
import { badParameter } from './errors.ts';
import type { Search } from './store/search.ts';

/** A search as clients write it. */
export interface SearchText {
  /** MLflow's filter grammar, and OR, NOT, parentheses, MATCHES, IS NULL. */
  filter?: string | undefined;
  orderBy?: readonly string[] | undefined;
  /** `order_by` may say `lowest.loss` and `highest.auc`, which MLflow does not know. */
  extremes?: boolean | undefined;
  limit?: number | undefined;
  token?: string | undefined;
}

const MOST = 50_000;

export function searchOf(text: SearchText, of: 'runs' | 'experiments'): Search {
  return {
    filter: parseFilter(text.filter ?? '', of),
    orderBy: text.extremes ? parseRunOrder(text.orderBy ?? []) : parseOrderBy(text.orderBy ?? [], of),
    limit: limitOf(text.limit ?? 1000),
    token: text.token || undefined,
  };
}

const EXTREME = /^\s*(lowest|highest)\.(.*)$/s;

/** The order of the runs table: MLflow's clauses, and the extremes of a metric's points. */
export function parseRunOrder(clauses: readonly string[]): OrderBy[] {
  checkOrders(clauses.length);
  return clauses.flatMap((clause): OrderBy[] => {
    const [, extreme, rest] = EXTREME.exec(clause) ?? [];
    const parsed = parseOrderBy([extreme ? `metrics.${rest}` : clause], 'runs');
    return extreme ? parsed.map((order) => ({ ...order, extreme: extreme as 'lowest' | 'highest' })) : parsed;
  });
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
