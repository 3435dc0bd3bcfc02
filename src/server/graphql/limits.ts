import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';

const DEPTH = 10;
const SELECTIONS = 1000;
const ROOT_FIELDS = 10;
const ALIASES = 10;

/** Refuses queries that ask for more than a page of MLflow's UI does: deep, wide, or the same field many times. */
export function checkQuery(document: DocumentNode): void {
  const fragments = new Map(
    document.definitions
      .filter((each): each is FragmentDefinitionNode => each.kind === Kind.FRAGMENT_DEFINITION)
      .map((each) => [each.name.value, each]),
  );
  let selections = 0;
  const walk = (set: SelectionSetNode, depth: number) => {
    if (depth > DEPTH) throw new GraphQLError(`Query exceeds maximum depth of ${DEPTH}`);
    const fields = fieldsOf(set, fragments, new Set());
    selections += fields.length;
    if (selections > SELECTIONS)
      throw new GraphQLError(`Query exceeds maximum total selections of ${SELECTIONS}`);
    if (depth === 1) atMost('root fields', ROOT_FIELDS, fields.length);
    atMost('aliases', ALIASES, fields.filter((field) => field.alias).length);
    for (const field of fields) if (field.selectionSet) walk(field.selectionSet, depth + 1);
  };
  for (const each of document.definitions)
    if (each.kind === Kind.OPERATION_DEFINITION) walk(each.selectionSet, 1);
}

/** The fields of one level, with those of its fragments; `seen` ends fragments that name each other. */
function fieldsOf(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string>,
): FieldNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, fragments, seen);
    const fragment = fragments.get(selection.name.value);
    if (!fragment || seen.has(fragment.name.value)) return [];
    seen.add(fragment.name.value);
    return fieldsOf(fragment.selectionSet, fragments, seen);
  });
}

function atMost(what: string, limit: number, found: number): void {
  if (found > limit)
    throw new GraphQLError(`GraphQL queries should have at most ${limit} ${what}, got ${found} ${what}.`);
}
