import type { KeyValue } from '../../tracking/schema.ts';
import type { ModelVersion, RegisteredModel } from '../schema.ts';

export const PROMPTS_ONLY = "tags.`mlflow.prompt.is_prompt` = 'true'";
const TEXT = 'mlflow.prompt.text';

/** Tags that say how MLflow keeps a prompt, not what somebody says about it. */
const isOwn = ({ key }: KeyValue): boolean => !key.startsWith('mlflow.') && !key.startsWith('_mlflow');

export const tagWords = ({ tags = [] }: Pick<RegisteredModel, 'tags'>): string =>
  tags
    .filter(isOwn)
    .map(({ key, value }) => `${key}: ${value}`)
    .join(', ');

/** The text of a version; of a chat, each message with its role. */
export function promptText({ tags = [] }: Pick<ModelVersion, 'tags'>): string {
  const text = tags.find((tag) => tag.key === TEXT)?.value ?? '';
  const messages = chatOf(text);
  return messages ? messages.map(({ role, content }) => `${role}:\n${content}`).join('\n\n') : text;
}

function chatOf(text: string): { role: string; content: string }[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const found = JSON.parse(text) as { role?: unknown; content?: unknown }[];
    const isChat =
      Array.isArray(found) &&
      found.length > 0 &&
      found.every((each) => typeof each?.role === 'string' && typeof each.content === 'string');
    return isChat ? (found as { role: string; content: string }[]) : undefined;
  } catch {
    return undefined;
  }
}
