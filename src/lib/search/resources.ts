import type { Comparator, Entity } from './filter.ts';

/** What can be searched; each knows its entities, attributes and aliases. */
export type SearchResource = 'runs' | 'experiments' | 'models' | 'versions' | 'logged-models' | 'traces';

export interface Attribute {
  type: 'text' | 'number' | 'time';
  aliases?: string[];
}

export interface ResourceTable {
  /** Spelling in a filter → entity. */
  entities: Record<string, Entity>;
  attributes: Record<string, Attribute>;
  /** Entities that may be sorted by. */
  orderable: Entity[];
  /** Text may stand without quotes, as in `params.lr = 0.01`. */
  bareText?: true;
  /** Attributes that are kept elsewhere: as which entity and key. */
  elsewhere?: Record<string, { entity: Entity; key: string }>;
  /** Tells clients the valid entities, in MLflow's words. */
  validEntities: string;
}

export const NUMBER_COMPARATORS: Comparator[] = [
  '=',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  'IN',
  'NOT IN',
  'IS NULL',
  'IS NOT NULL',
];
export const TEXT_COMPARATORS: Comparator[] = [
  '=',
  '!=',
  'LIKE',
  'ILIKE',
  'MATCHES',
  'IN',
  'NOT IN',
  'IS NULL',
  'IS NOT NULL',
];
export const EITHER_COMPARATORS: Comparator[] = [...TEXT_COMPARATORS, '<', '<=', '>', '>='];

/** The keys a dataset input has. */
const DATASET_KEYS = ['name', 'digest', 'context'];

const ATTRIBUTES = { attribute: 'attribute', attributes: 'attribute', attr: 'attribute' } as const;
const TAGS = { tag: 'tag', tags: 'tag' } as const;
const METRICS = { metric: 'metric', metrics: 'metric' } as const;
const PARAMS = { param: 'param', params: 'param', parameter: 'param', parameters: 'param' } as const;
const DATASETS = { dataset: 'dataset', datasets: 'dataset' } as const;

const RUN_WORDS = "Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']";
const TAGGED_WORDS = "Valid entity types are ('attribute', 'tag', 'tags')";

export const RESOURCES: Record<SearchResource, ResourceTable> = {
  runs: {
    entities: { ...METRICS, ...PARAMS, ...TAGS, ...ATTRIBUTES, run: 'attribute', ...DATASETS },
    attributes: {
      run_id: { type: 'text' },
      run_name: { type: 'text', aliases: ['run name', 'Run name', 'Run Name'] },
      user_id: { type: 'text' },
      status: { type: 'text' },
      artifact_uri: { type: 'text' },
      start_time: { type: 'time', aliases: ['created', 'Created'] },
      end_time: { type: 'time' },
    },
    orderable: ['attribute', 'metric', 'param', 'tag'],
    validEntities: RUN_WORDS,
  },
  experiments: {
    entities: { ...ATTRIBUTES, ...TAGS },
    attributes: {
      name: { type: 'text' },
      experiment_id: { type: 'text' },
      creation_time: { type: 'time' },
      last_update_time: { type: 'time' },
    },
    orderable: ['attribute'],
    validEntities: TAGGED_WORDS,
  },
  models: {
    entities: { ...ATTRIBUTES, ...TAGS },
    attributes: {
      name: { type: 'text' },
      creation_timestamp: { type: 'time' },
      last_updated_timestamp: { type: 'time', aliases: ['timestamp'] },
    },
    orderable: ['attribute'],
    validEntities: TAGGED_WORDS,
  },
  versions: {
    entities: { ...ATTRIBUTES, ...TAGS },
    attributes: {
      name: { type: 'text' },
      version_number: { type: 'number' },
      run_id: { type: 'text' },
      source_path: { type: 'text' },
      creation_timestamp: { type: 'time' },
      last_updated_timestamp: { type: 'time', aliases: ['timestamp'] },
    },
    orderable: ['attribute'],
    validEntities: TAGGED_WORDS,
  },
  'logged-models': {
    entities: { ...METRICS, ...PARAMS, ...TAGS, ...ATTRIBUTES },
    attributes: {
      name: { type: 'text' },
      model_id: { type: 'text' },
      model_type: { type: 'text' },
      status: { type: 'text' },
      source_run_id: { type: 'text' },
      experiment_id: { type: 'text' },
      artifact_location: { type: 'text' },
      lifecycle_stage: { type: 'text' },
      status_message: { type: 'text' },
      creation_timestamp: { type: 'time', aliases: ['creation_time', 'creation_timestamp_ms'] },
      last_updated_timestamp: {
        type: 'time',
        aliases: ['last_updated_time', 'last_updated_timestamp_ms'],
      },
    },
    orderable: ['attribute', 'metric', 'param', 'tag'],
    bareText: true,
    validEntities: "Valid values are ['metric', 'parameter', 'tag', 'attribute']",
  },
  traces: {
    entities: {
      ...ATTRIBUTES,
      ...TAGS,
      trace: 'attribute',
      metadata: 'metadata',
      request_metadata: 'metadata',
      span: 'span',
      feedback: 'feedback',
      expectation: 'expectation',
      issue: 'issue',
      link: 'link',
    },
    attributes: {
      trace_id: { type: 'text', aliases: ['request_id'] },
      name: { type: 'text' },
      status: { type: 'text', aliases: ['state'] },
      experiment_id: { type: 'text' },
      client_request_id: { type: 'text' },
      timestamp_ms: { type: 'time', aliases: ['timestamp'] },
      execution_time_ms: { type: 'number', aliases: ['execution_time'] },
      end_time_ms: { type: 'time', aliases: ['end_time'] },
    },
    elsewhere: {
      run_id: { entity: 'link', key: 'run' },
      prompt: { entity: 'link', key: 'prompt' },
      text: { entity: 'span', key: 'content' },
    },
    orderable: ['attribute', 'tag', 'metadata', 'link'],
    validEntities:
      "Valid values are ['tag', 'attribute', 'metadata', 'span', 'feedback', 'expectation', 'issue']",
  },
};

/** Keys of entities that have only these; `span.attributes.…` takes any name after it. */
export const ENTITY_KEYS: Partial<Record<Entity, readonly string[]>> = {
  dataset: DATASET_KEYS,
  span: ['name', 'type', 'status', 'content'],
  issue: ['id'],
  link: ['run', 'prompt'],
};

/** What is before the name of an attribute of a span. */
export const SPAN_ATTRIBUTE = 'attributes.';

/** Compare by size; of a value that may be a number or a text they ask for the number. */
export const SIZE_COMPARATORS: readonly string[] = ['<', '<=', '>', '>='];
