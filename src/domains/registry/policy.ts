import type { Stage } from './schema.ts';
import { ACTIONS_OF, type WebhookEvent } from './schema/webhook.ts';

/** A wanted change of what a name points to. `version` is null when the alias is to be removed. */
export interface ProtectedChange {
  project: string;
  model: string;
  alias?: string;
  stage?: Stage;
  version: number | null;
  /** Digest of the version's files; a yes to the change holds for exactly these. */
  digest: string | null;
}

export const ALIAS_LENGTH = 255;
export const MODEL_NAME_LENGTH = 256;
export const TAG_VALUE_LENGTH = 100_000;

/** Why an alias name cannot be used, in MLflow's words, or undefined. */
export function aliasFault(alias: string): string | undefined {
  if (alias === '') return 'Registered model alias name cannot be empty.';
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias))
    return `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`;
  if (alias.length > ALIAS_LENGTH)
    return `'Registered model alias name' exceeds the maximum length of ${ALIAS_LENGTH} characters`;
  if (alias.toLowerCase() === 'latest') return "'latest' alias name (case insensitive) is reserved.";
  if (/^v\d+$/i.test(alias)) return `Version alias name '${alias}' is reserved.`;
  return undefined;
}

/** Why a model name cannot be used, in MLflow's words, or undefined. Names of digits only would read as version numbers. */
export function nameFault(name: string): string | undefined {
  if (name.trim() === '') return "Missing value for required parameter 'name'.";
  if (/[/:]/.test(name))
    return `Invalid model name '${name.slice(0, 300)}'. Names cannot contain '/' or ':'.`;
  if (name === '.' || name.startsWith('..'))
    return `Invalid model name '${name}'. It would read as a folder.`;
  if (name.length > MODEL_NAME_LENGTH)
    return `'name' exceeds the maximum length of ${MODEL_NAME_LENGTH} characters`;
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f\p{Surrogate}\\]/u.test(name))
    return 'Invalid model name: it holds a control character, half a character or a backslash.';
  return undefined;
}

/** Why a name cannot be one of a webhook, in MLflow's words, or undefined. */
export function webhookNameFault(name: string): string | undefined {
  if (/^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name)) return undefined;
  return `Webhook name '${name}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`;
}

/** Why nothing of that kind can be heard, in MLflow's words, or undefined. */
export function combinationFault({ entity, action }: WebhookEvent): string | undefined {
  if (ACTIONS_OF[entity].includes(action)) return undefined;
  const valid = ACTIONS_OF[entity].map((each) => `'${each.toLowerCase()}'`).join(', ');
  return `Invalid action '${action.toLowerCase()}' for entity '${entity.toLowerCase()}'. Valid actions are: [${valid}]`;
}
