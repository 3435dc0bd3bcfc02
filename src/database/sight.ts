import { type Expression, type ExpressionBuilder, sql, type SqlBool } from 'kysely';
import type { Sight } from '../lib/contract/index.ts';
import type { Tables } from './tables.ts';

/** Rows of the projects in sight; a row of no project counts as everywhere. */
export function inSight<T extends keyof Tables>(
  eb: ExpressionBuilder<Tables, T>,
  column: string,
  sight: Sight,
): Expression<SqlBool> {
  const project = sql.ref<string | null>(column);
  const named = eb(project, 'in', [...sight.named]);
  if (!sight.everywhere) return sight.named.length === 0 ? sql<SqlBool>`1 = 0` : named;
  if (sight.named.length === 0) return sql<SqlBool>`1 = 1`;
  return eb.or([eb(project, 'is', null), eb.not(named)]);
}
