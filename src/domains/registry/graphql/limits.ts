import { type DocumentNode, GraphQLError, Kind, type SelectionSetNode } from 'graphql';

/** MLflow's defaults. A query asks the database once per root field, so these bound what one request costs. */
const MOST = { depth: 10, selections: 1000, 'root fields': 10, aliases: 10 };

/** Throws a GraphQLError when a query is too deep, too wide, or asks the same many times under other names. */
export function checkSize(document: DocumentNode): void {
  const fragments = new Map<string, SelectionSetNode>();
  for (const part of document.definitions)
    if (part.kind === Kind.FRAGMENT_DEFINITION) fragments.set(part.name.value, part.selectionSet);
  let selections = 0;
  for (const part of document.definitions) {
    if (part.kind !== Kind.OPERATION_DEFINITION) continue;
    const waiting = [{ set: part.selectionSet, depth: 1 }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { set, depth } = next;
      if (depth > MOST.depth) throw new GraphQLError(`Query exceeds maximum depth of ${MOST.depth}`);
      const { fields, aliases } = fieldsOf(set, fragments);
      bound('aliases', aliases);
      if (depth === 1) bound('root fields', fields.length);
      selections += fields.length;
      if (selections > MOST.selections)
        throw new GraphQLError(`Query exceeds maximum total selections of ${MOST.selections}`);
      for (const field of fields) if (field) waiting.push({ set: field, depth: depth + 1 });
    }
  }
}

/** What each field of a level selects in turn; fragments count where they are spread. */
function fieldsOf(set: SelectionSetNode, fragments: ReadonlyMap<string, SelectionSetNode>) {
  const fields: (SelectionSetNode | undefined)[] = [];
  const seen = new Set<string>();
  let aliases = 0;
  const level = [set];
  for (let next = level.pop(); next; next = level.pop()) {
    for (const item of next.selections) {
      if (item.kind === Kind.FIELD) {
        if (item.alias) aliases++;
        fields.push(item.selectionSet);
      } else if (item.kind === Kind.INLINE_FRAGMENT) level.push(item.selectionSet);
      else if (!seen.has(item.name.value)) {
        seen.add(item.name.value);
        const spread = fragments.get(item.name.value);
        if (spread) level.push(spread);
      }
    }
  }
  return { fields, aliases };
}

function bound(what: 'root fields' | 'aliases', found: number): void {
  if (found > MOST[what])
    throw new GraphQLError(
      `GraphQL queries should have at most ${MOST[what]} ${what}, got ${found} ${what}.`,
    );
}
