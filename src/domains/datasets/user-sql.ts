import { type Analytics, literal } from '../../analytics/index.ts';
import { AppError } from '../../lib/errors.ts';
import { DATASET_ERRORS } from './errors.ts';

type Node = Record<string, unknown>;

const TABLE_FUNCTIONS = new Set(['unnest', 'range', 'generate_series']);
const FUNCTIONS_REFUSED = /^(read_|parquet_|duckdb_|pragma_|sniff_|glob$|getenv$|current_setting$|query)/;

/**
 * Throws SQL_REFUSED unless the text is one SELECT that reads nothing but the named views. DuckDB's own parser gives the
 * tree, so neither a file name, a catalogue nor a reading function passes, however it is written.
 */
export async function checkUserSql(
  analytics: Analytics,
  text: string,
  tables: readonly string[],
): Promise<void> {
  const { rows } = await analytics.run({
    rows: { tree: `select json_serialize_sql(${literal(text)}) as tree` },
  });
  const tree = JSON.parse(String(rows.tree[0]?.tree)) as Node & { statements?: unknown[] };
  if (tree.error || tree.statements?.length !== 1) {
    const why = tree.error ? String(tree.error_message).split('\n')[0] : 'there is more than one statement';
    throw new AppError(DATASET_ERRORS.SQL_REFUSED, `The SQL was not run: ${why}.`);
  }
  const known = new Set([...tables, ...tableExpressions(tree)].map((name) => name.toLowerCase()));
  for (const node of nodesOf(tree)) {
    const fault = faultOf(node, known);
    if (fault) {
      throw new AppError(
        DATASET_ERRORS.SQL_REFUSED,
        `The SQL was not run: ${fault}. It may read ${tables.map((name) => `'${name}'`).join(', ')} only.`,
      );
    }
  }
}

/** A condition of a user as the SELECT that `checkUserSql` judges. The line ends keep a trailing comment harmless. */
export const selectWhere = (view: string, where: string | undefined): string =>
  where === undefined ? `select * from ${view}` : `select * from ${view} where (\n${where}\n)`;

function faultOf(node: Node, known: Set<string>): string | undefined {
  if (node.type === 'BASE_TABLE') {
    const qualified = Boolean(node.schema_name) || Boolean(node.catalog_name);
    if (qualified || !known.has(String(node.table_name).toLowerCase()))
      return `it reads '${String(node.table_name)}'`;
  }
  if (node.type === 'SHOW_REF') return 'it asks for the catalogue';
  const name = typeof node.function_name === 'string' ? node.function_name.toLowerCase() : undefined;
  if (name !== undefined && FUNCTIONS_REFUSED.test(name)) return `it calls ${name}()`;
  if (node.type === 'TABLE_FUNCTION') {
    const called = String((node.function as Node | undefined)?.function_name).toLowerCase();
    if (!TABLE_FUNCTIONS.has(called)) return `it calls ${called}()`;
  }
  return undefined;
}

/** Names of WITH queries, anywhere in the statement. */
function tableExpressions(tree: Node): string[] {
  const names: string[] = [];
  for (const node of nodesOf(tree)) {
    const map = (node.cte_map as { map?: { key: string }[] } | undefined)?.map ?? [];
    names.push(...map.map((entry) => entry.key));
  }
  return names;
}

function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  else if (value !== null && typeof value === 'object') {
    yield value as Node;
    for (const item of Object.values(value)) yield* nodesOf(item);
  }
}
