import type { FieldType } from './schema/rule.ts';

/** Types of the fields in the data of an event, by event type; `*` holds for every event. Nested fields have dotted names. */
export type EventFields = Readonly<Record<string, Readonly<Record<string, FieldType>>>>;

const approval = { id: 'int', kind: 'string', of: 'string', title: 'string' } as const;
const window = {
  monitor: 'string',
  kind: 'string',
  endpoint: 'string',
  start: 'timestamp',
  end: 'timestamp',
  value: 'double',
  limit: 'double',
  n: 'int',
} as const;
const promotion = { promotion: 'int', model: 'string', version: 'int', environment: 'string' } as const;
const registered = { name: 'string', version: 'int' } as const;
const pipelineRun = { pipeline: 'string', version: 'int', number: 'int' } as const;

/** Fields of the events that rooms write; a rule declares what is not listed here. */
export const EVENT_FIELDS: EventFields = {
  '*': { event_time: 'timestamp', caused_by: 'string', state: 'string', by: 'string' },
  'project.created': { revision: 'int', author: 'string' },
  'project.changed': { revision: 'int', author: 'string' },
  'project.removed': { author: 'string' },
  'approval.requested': { ...approval, digest: 'string' },
  'approval.opened': approval,
  'approval.decided': { ...approval, digest: 'string', reason: 'string' },
  'dataset.version.created': { dataset: 'string', version: 'int', digest: 'string', rows: 'int' },
  'dataset.checked': {
    dataset: 'string',
    version: 'int',
    validation: 'string',
    failed: 'int',
    warned: 'int',
    environment: 'string',
  },
  'dataset.source.applied': { dataset: 'string' },
  'dataset.source.failed': { file: 'string', error: 'string' },
  'feature.view.materialised': { view: 'string', version: 'int', dataset_version: 'int', rows: 'int' },
  'run.started': { run_id: 'string', experiment_id: 'string', name: 'string' },
  'run.ended': { run_id: 'string', experiment_id: 'string', name: 'string', status: 'string' },
  'experiment.created': { experiment_id: 'string', name: 'string' },
  'model.created': { name: 'string', description: 'string' },
  'model.version.created': {
    ...registered,
    digest: 'string',
    source: 'string',
    run_id: 'string',
    model_id: 'string',
    description: 'string',
  },
  'model.version.tag.set': { ...registered, key: 'string', value: 'string' },
  'model.version.tag.removed': { ...registered, key: 'string' },
  'model.alias.set': { ...registered, alias: 'string', before: 'int' },
  'model.alias.removed': { name: 'string', alias: 'string' },
  'model.version.staged': { ...registered, stage: 'string', before: 'string' },
  'evaluation.finished': {
    model: 'string',
    version: 'int',
    dataset: 'string',
    dataset_version: 'int',
    champion: 'int',
    n: 'int',
    loss: 'double',
    gain: 'double',
    gain_low: 'double',
    champion_gain: 'double',
  },
  'pipeline.applied': { pipeline: 'string', version: 'int' },
  'pipeline.run.started': pipelineRun,
  'pipeline.run.ended': { ...pipelineRun, error: 'string' },
  'step.run.ended': {
    step_run: 'string',
    run: 'string',
    pipeline: 'string',
    node: 'string',
    error: 'string',
  },
  'endpoint.created': { environment: 'string' },
  'traffic.changed': { endpoint: 'string', environment: 'string', revision: 'int' },
  'predictions.settled': { endpoint: 'string', from: 'timestamp', through: 'timestamp' },
  'window.closed': window,
  'alert.opened': { ...window, alert: 'int', sentence: 'string' },
  'alert.muted': { ...window, alert: 'int', sentence: 'string' },
  'alert.resolved': { ...window, alert: 'int' },
  'monitor.muted': { until: 'timestamp', reason: 'string' },
  'monitor.unmuted': {},
  'monitor.applied': { kind: 'string', endpoint: 'string' },
  'rollout.started': {
    rollout: 'int',
    endpoint: 'string',
    model: 'string',
    candidate: 'int',
    champion: 'int',
  },
  'rollout.looked': {
    rollout: 'int',
    endpoint: 'string',
    stage: 'string',
    decision: 'string',
    n: 'int',
    gain: 'double',
  },
  'rollout.decided': {
    rollout: 'int',
    endpoint: 'string',
    model: 'string',
    candidate: 'int',
    verdict: 'string',
    sentence: 'string',
  },
  'promotion.requested': promotion,
  'promotion.done': { ...promotion, endpoint: 'string', sentence: 'string' },
  'promotion.refused': { ...promotion, endpoint: 'string', sentence: 'string' },
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
