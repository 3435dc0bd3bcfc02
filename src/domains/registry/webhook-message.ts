import { createHmac } from 'node:crypto';
import type { RondoEvent } from '../../events/index.ts';
import type { WebhookEvent } from './schema/webhook.ts';

type Data = Record<string, unknown>;
type Payload = (data: Data) => Data;

const IS_PROMPT = 'mlflow.prompt.is_prompt';
const PROMPT_TYPE = '_mlflow_prompt_type';
const PROMPT_TEXT = 'mlflow.prompt.text';

const tagsBut = (data: Data, hidden: readonly string[]): Data =>
  Object.fromEntries(Object.entries((data.tags ?? {}) as Data).filter(([key]) => !hidden.includes(key)));
const orNull = (value: unknown) => (value === '' || value === undefined ? null : value);
const pick =
  (...keys: string[]): Payload =>
  (data) =>
    Object.fromEntries(keys.map((key) => [key, key === 'version' ? String(data[key]) : data[key]]));

const created: Payload = ({ name, tags, description }) => ({ name, tags, description });

interface Heard extends WebhookEvent {
  payload: Payload;
  /** What a test posts. */
  example: Data;
}

const heard = (entity: Heard['entity'], action: Heard['action'], payload: Payload, example: Data): Heard => ({
  entity,
  action,
  payload,
  example,
});

const model = { name: 'example_model' };
const prompt = { name: 'example_prompt' };
const described = { tags: { example_key: 'example_value' } };
const version = { version: '1' };
const key = { key: 'example_key' };
const value = { value: 'example_value' };
const alias = { alias: 'example_alias' };

/** Events of the registry that webhooks hear, as MLflow names and words them. */
const HEARD: Readonly<Record<string, Heard>> = {
  'model.created': heard('REGISTERED_MODEL', 'CREATED', created, {
    ...model,
    ...described,
    description: 'An example registered model',
  }),
  'model.version.created': heard(
    'MODEL_VERSION',
    'CREATED',
    (data) => ({
      name: data.name,
      version: String(data.version),
      source: data.source,
      run_id: orNull(data.run_id),
      tags: data.tags,
      description: orNull(data.description),
    }),
    {
      ...model,
      ...version,
      source: 'models:/123',
      run_id: 'abcd1234abcd5678',
      ...described,
      description: 'An example model version',
    },
  ),
  'model.version.tag.set': heard('MODEL_VERSION_TAG', 'SET', pick('name', 'version', 'key', 'value'), {
    ...model,
    ...version,
    ...key,
    ...value,
  }),
  'model.version.tag.removed': heard('MODEL_VERSION_TAG', 'DELETED', pick('name', 'version', 'key'), {
    ...model,
    ...version,
    ...key,
  }),
  'model.alias.set': heard('MODEL_VERSION_ALIAS', 'CREATED', pick('name', 'alias', 'version'), {
    ...model,
    ...alias,
    ...version,
  }),
  'model.alias.removed': heard('MODEL_VERSION_ALIAS', 'DELETED', pick('name', 'alias'), {
    ...model,
    ...alias,
  }),
  'prompt.created': heard(
    'PROMPT',
    'CREATED',
    (data) => ({ ...created(data), tags: tagsBut(data, [IS_PROMPT, PROMPT_TYPE]) }),
    { ...prompt, ...described, description: 'An example prompt' },
  ),
  'prompt.version.created': heard(
    'PROMPT_VERSION',
    'CREATED',
    (data) => ({
      name: data.name,
      version: String(data.version),
      template: (data.tags as Data)[PROMPT_TEXT] ?? null,
      tags: tagsBut(data, [IS_PROMPT, PROMPT_TYPE, PROMPT_TEXT]),
      description: orNull(data.description),
    }),
    {
      ...prompt,
      ...version,
      template: 'Hello {{name}}!',
      ...described,
      description: 'An example prompt version',
    },
  ),
  'prompt.tag.set': heard('PROMPT_TAG', 'SET', pick('name', 'key', 'value'), { ...prompt, ...key, ...value }),
  'prompt.tag.removed': heard('PROMPT_TAG', 'DELETED', pick('name', 'key'), { ...prompt, ...key }),
  'prompt.version.tag.set': heard('PROMPT_VERSION_TAG', 'SET', pick('name', 'version', 'key', 'value'), {
    ...prompt,
    ...version,
    ...key,
    ...value,
  }),
  'prompt.version.tag.removed': heard('PROMPT_VERSION_TAG', 'DELETED', pick('name', 'version', 'key'), {
    ...prompt,
    ...version,
    ...key,
  }),
  'prompt.alias.set': heard('PROMPT_ALIAS', 'CREATED', pick('name', 'alias', 'version'), {
    ...prompt,
    ...alias,
    ...version,
  }),
  'prompt.alias.removed': heard('PROMPT_ALIAS', 'DELETED', pick('name', 'alias'), { ...prompt, ...alias }),
};

export const HEARD_EVENTS = Object.keys(HEARD);

export const eventName = ({ entity, action }: WebhookEvent): string =>
  `${entity.toLowerCase()}.${action.toLowerCase()}`;

/** The event as webhooks know it, with its body; undefined for one that they do not hear. */
export function messageOf(event: RondoEvent): { event: WebhookEvent; body: string } | undefined {
  const found = HEARD[event.type];
  if (!found || event.project === null) return undefined;
  return { event: found, body: bodyOf(found, event.time, event.project, found.payload(event.data as Data)) };
}

/** Budgets are no part of Rondo, but MLflow's clients may subscribe to them and test that. */
const BUDGET_EXAMPLE = {
  budget_policy_id: 'bp-abc123',
  budget_unit: 'USD',
  budget_amount: 100,
  current_spend: 105.5,
  duration_unit: 'MONTHS',
  duration_value: 1,
  target_scope: 'ENDPOINT',
  workspace: 'default',
  target_value: 'ep-abc123',
  window_start: 1_704_067_200_000,
};

export function exampleBody(event: WebhookEvent, project: string): string {
  const known = Object.values(HEARD).find(
    ({ entity, action }) => entity === event.entity && action === event.action,
  );
  return bodyOf(event, Date.now(), project, known?.example ?? BUDGET_EXAMPLE);
}

function bodyOf({ entity, action }: WebhookEvent, at: number, project: string, data: Data): string {
  return JSON.stringify({
    entity: entity.toLowerCase(),
    action: action.toLowerCase(),
    // As Python writes and reads it.
    timestamp: new Date(at).toISOString().replace('Z', '000+00:00'),
    data,
    workspace: project,
  });
}

/** The headers of one attempt: its id stays, the time and so the signature are its own. */
export function headersOf(
  id: string,
  body: string,
  secret: string | undefined,
  now = Date.now(),
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const headers = { 'X-MLflow-Delivery-Id': id, 'X-MLflow-Timestamp': timestamp };
  if (secret === undefined) return headers;
  const digest = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'X-MLflow-Signature': `v1,${digest}` };
}
