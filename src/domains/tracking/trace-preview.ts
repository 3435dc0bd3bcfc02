import { toUSVString } from 'node:util';

const LONGEST = 1000;

type Loose = Record<string, unknown>;

/**
 * What a list shows of a trace's input or output, from its JSON text: the last message of `role` where the value is a chat in one of
 * OpenAI's forms, else the text itself. At most 1,000 characters.
 */
export function previewOf(text: string, role: 'user' | 'assistant'): string {
  const messages = messagesOf(parsed(text));
  const last = messages?.findLast((message) => message.role === role) ?? messages?.at(-1);
  const content = (last && contentOf(last)) || text;
  return content.length <= LONGEST ? content : `${toUSVString(content.slice(0, LONGEST - 3))}...`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function messagesOf(value: unknown): Loose[] | undefined {
  if (!isMap(value)) return undefined;
  const { messages, choices, input, output, request } = value;
  if (Array.isArray(messages) && messages.length > 0) return messages.filter(isMessage);
  const [first] = Array.isArray(choices) ? (choices as unknown[]) : [];
  if (isMap(first) && isMessage(first.message)) return [first.message];
  if (Array.isArray(input) && input.length > 0) return input.filter(isMessage);
  if (Array.isArray(output) && output.length > 0) return output.filter(isMessage);
  return request === undefined ? undefined : messagesOf(request);
}

function contentOf({ content }: Loose): string | undefined {
  if (typeof content === 'string') return content;
  const part = Array.isArray(content)
    ? (content as unknown[]).find((each) => isMap(each) && typeof each.text === 'string')
    : undefined;
  return part ? String((part as Loose).text) : undefined;
}

const isMap = (value: unknown): value is Loose =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isMessage = (value: unknown): value is Loose => isMap(value) && 'role' in value && 'content' in value;
