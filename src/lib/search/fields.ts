import type { Entity } from './filter.ts';
import { invalidClause, peek, take } from './cursor.ts';
import type { Cursor } from './cursor.ts';
import { DATASET_KEYS } from './resources.ts';
import type { Attribute, ResourceTable } from './resources.ts';
import { searchError } from './tokens.ts';
import type { Token } from './tokens.ts';

export interface Field {
  entity: Entity;
  key: string;
  type: Attribute['type'];
  /** The key as it was written, for messages. */
  written: string;
}

const NUMBER_LIKE = /^[+-]?(\d|\.\d)/;

/** Reads `key`, `entity.key`, `entity."key"`, `` `entity`.`key` `` or a quoted key and resolves it. */
export function readField(cursor: Cursor): Field {
  const first = take(cursor);
  if (first.kind === 'symbol' || first.kind === 'end') throw invalidClause(cursor, first);
  if (first.kind === 'word' && NUMBER_LIKE.test(first.text)) {
    const message = `Invalid comparison clause. Expected 'Identifier' found '${first.text}'`;
    throw searchError(message, first.start, first.end, 'Put the name on the left: metrics.auc > 0.9');
  }
  const parts = [first];
  while (touches(parts.at(-1) as Token, peek(cursor)) && parts.length < 3) parts.push(take(cursor));
  const { entity, key } = split(cursor, parts);
  return resolve(cursor.table, entity, key, { start: first.start, end: (parts.at(-1) as Token).end });
}

/** Whether two tokens stand side by side with a dot between name and quoted key. */
function touches(left: Token, right: Token): boolean {
  if (left.end !== right.start || right.kind === 'symbol' || right.kind === 'end') return false;
  return left.text.endsWith('.') || right.text.startsWith('.');
}

function split(cursor: Cursor, parts: Token[]): { entity: string | undefined; key: string } {
  const [first, second, third] = parts as [Token, Token | undefined, Token | undefined];
  if (first.kind === 'word') {
    const dot = first.text.indexOf('.');
    if (third || (second && dot !== first.text.length - 1)) throw invalidClause(cursor, second as Token);
    if (dot < 0) return { entity: undefined, key: first.text };
    return { entity: first.text.slice(0, dot), key: second ? second.text : first.text.slice(dot + 1) };
  }
  if (!second) return { entity: undefined, key: first.text };
  if (second.kind !== 'word' || !second.text.startsWith('.')) throw invalidClause(cursor, second);
  if (third && second.text !== '.') throw invalidClause(cursor, third);
  return { entity: first.text, key: third ? third.text : second.text.slice(1) };
}

function resolve(
  table: ResourceTable,
  written: string | undefined,
  key: string,
  at: { start: number; end: number },
): Field {
  const entity =
    written === undefined
      ? 'attribute'
      : Object.hasOwn(table.entities, written)
        ? table.entities[written]
        : undefined;
  if (!entity)
    throw searchError(`Invalid entity type '${written}'. ${table.validEntities}`, at.start, at.end);
  if (entity === 'attribute') return resolveAttribute(table, key, at);
  if (key === '')
    throw searchError(`Invalid identifier: a key is missing after '${written}.'`, at.start, at.end);
  if (entity === 'dataset' && !DATASET_KEYS.includes(key)) {
    throw searchError(
      `Invalid dataset key '${key}' specified. Valid keys are '${DATASET_KEYS.join("', '")}'`,
      at.start,
      at.end,
    );
  }
  return { entity, key, type: entity === 'metric' ? 'number' : 'text', written: key };
}

function resolveAttribute(table: ResourceTable, written: string, at: { start: number; end: number }): Field {
  const known = Object.entries(table.attributes);
  const found = known.find(([key, attribute]) => key === written || attribute.aliases?.includes(written));
  if (found) return { entity: 'attribute', key: found[0], type: found[1].type, written };
  const keys = known.map(([key]) => key).join("', '");
  const message = `Invalid attribute key '${written}' specified. Valid keys are '${keys}'`;
  throw searchError(message, at.start, at.end, 'Prefix other keys with metrics., params. or tags.');
}
