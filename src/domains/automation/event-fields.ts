import type { FieldType } from './schema/rule.ts';

/** Types of the fields in the data of an event, by event type; `*` holds for every event. Nested fields have dotted names. */
export type EventFields = Readonly<Record<string, Readonly<Record<string, FieldType>>>>;

const approval = { id: 'int', kind: 'string', of: 'string', title: 'string' } as const;

/** Fields of the events that rooms write; a rule declares what is not listed here. */
export const EVENT_FIELDS: EventFields = {
  '*': { event_time: 'timestamp', caused_by: 'string', state: 'string' },
  'project.created': { revision: 'int', author: 'string' },
  'project.changed': { revision: 'int', author: 'string' },
  'approval.requested': { ...approval, digest: 'string' },
  'approval.opened': approval,
  'approval.decided': { ...approval, digest: 'string', reason: 'string' },
  'ci.reported': {
    commit: 'string',
    suite: 'string',
    kind: 'string',
    passed: 'int',
    failed: 'int',
    skipped: 'int',
  },
  'maturity.changed': { level: 'int', before: 'int' },
  'schedule.due': { due_at: 'timestamp', late_ms: 'int' },
};

/** The columns of a condition over the given event types: fields whose types agree, then what the rule declares. */
export function columnsOf(
  types: readonly string[],
  declared: Readonly<Record<string, FieldType>>,
  known: EventFields,
): Record<string, FieldType> {
  const columns: Record<string, FieldType> = { type: 'string', subject: 'string', source: 'string' };
  const disagreeing = new Set<string>();
  const heard = Object.keys(known).filter((type) => type === '*' || types.some((each) => hears(each, type)));
  for (const type of heard) {
    for (const [field, fieldType] of Object.entries(known[type] ?? {})) {
      const name = `data.${field}`;
      if (columns[name] !== undefined && columns[name] !== fieldType) disagreeing.add(name);
      columns[name] = fieldType;
    }
  }
  for (const name of disagreeing) delete columns[name];
  for (const [field, fieldType] of Object.entries(declared)) columns[`data.${field}`] = fieldType;
  return columns;
}

/** Whether `pattern` (a type, `family.*` or `*`) covers the event type. */
export function hears(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}

/** An event as one row: `type`, `subject`, `source` and the leaves of its data under dotted names. Lists are left out. */
export function flatten(event: { type: string; subject: string; source: string; data: unknown }) {
  const row: Record<string, unknown> = { type: event.type, subject: event.subject, source: event.source };
  const walk = (prefix: string, value: unknown, depth: number) => {
    if (value === null || typeof value !== 'object') row[prefix] = value;
    else if (!Array.isArray(value) && depth < 6)
      for (const [key, inner] of Object.entries(value)) walk(`${prefix}.${key}`, inner, depth + 1);
  };
  walk('data', event.data, 0);
  return row;
}
