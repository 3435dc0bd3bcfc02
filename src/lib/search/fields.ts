import type { Entity } from './filter.ts';
import { invalidClause, peek, take } from './cursor.ts';
import type { Cursor } from './cursor.ts';
import { ENTITY_KEYS, SPAN_ATTRIBUTE } from './resources.ts';
import type { Attribute, ResourceTable } from './resources.ts';
import { searchError } from './tokens.ts';
import type { Token } from './tokens.ts';

export interface Field {
  entity: Entity;
  key: string;
  /** `either`: a number for the comparators of size, else a text. */
  type: Attribute['type'] | 'either';
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
    const before = first.text.slice(dot + 1);
    if (third || (second && before !== '' && before !== SPAN_ATTRIBUTE))
      throw invalidClause(cursor, second as Token);
    if (dot < 0) return { entity: undefined, key: first.text };
    if (second) return { entity: first.text.slice(0, dot), key: before + second.text };
    return { entity: first.text.slice(0, dot), key: before };
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
  checkEntityKey(entity, key, at);
  const either = entity === 'feedback' || entity === 'expectation';
  return { entity, key, type: entity === 'metric' ? 'number' : either ? 'either' : 'text', written: key };
}

function checkEntityKey(entity: Entity, key: string, at: { start: number; end: number }): void {
  const keys = ENTITY_KEYS[entity];
  if (!keys || keys.includes(key)) return;
  if (entity !== 'span')
    throw searchError(
      `Invalid ${entity} key '${key}' specified. Valid keys are '${keys.join("', '")}'`,
      at.start,
      at.end,
    );
  if (key === SPAN_ATTRIBUTE)
    throw searchError("Span attribute name cannot be empty after 'attributes.'", at.start, at.end);
  if (!key.startsWith(SPAN_ATTRIBUTE))
    throw searchError(
      `Invalid span attribute '${key}'. Supported attributes: name, status, type, attributes.<attribute_name>.`,
      at.start,
      at.end,
    );
}

function resolveAttribute(table: ResourceTable, written: string, at: { start: number; end: number }): Field {
  const elsewhere = table.elsewhere;
  const other = elsewhere && Object.hasOwn(elsewhere, written) ? elsewhere[written] : undefined;
  if (other) return { ...other, type: 'text', written };
  const known = Object.entries(table.attributes);
  const found = known.find(([key, attribute]) => key === written || attribute.aliases?.includes(written));
  if (found) return { entity: 'attribute', key: found[0], type: found[1].type, written };
  const keys = [...known.map(([key]) => key), ...Object.keys(elsewhere ?? {})].join("', '");
  const message = `Invalid attribute key '${written}' specified. Valid keys are '${keys}'`;
  throw searchError(message, at.start, at.end, 'Prefix other keys with metrics., params. or tags.');
}
