import { expect, it } from 'vitest';
import { previewOf } from './trace-preview.ts';

const user = { role: 'user', content: 'why' };
const assistant = { role: 'assistant', content: [{ type: 'text', text: 'because' }] };

it.each<[string, unknown, 'user' | 'assistant', string]>([
  ['a chat request', { messages: [user, assistant, { role: 'tool', content: 'x' }] }, 'user', 'why'],
  ['a chat answer', { choices: [{ message: assistant }] }, 'assistant', 'because'],
  ['a request of the responses API', { input: [user] }, 'user', 'why'],
  ['its answer', { output: [{ type: 'reasoning' }, assistant] }, 'assistant', 'because'],
  ['an agent that wraps a request', { request: { input: [user] } }, 'user', 'why'],
  ['the last message where none has the role', { messages: [user] }, 'assistant', 'why'],
  [
    'a message without text',
    { messages: [{ role: 'user', content: null }] },
    'user',
    '{"messages":[{"role":"user","content":null}]}',
  ],
  ['no chat', { question: 'why' }, 'user', '{"question":"why"}'],
  ['messages that are none', { messages: [1] }, 'user', '{"messages":[1]}'],
])('shows %s', (_what, value, role, expected) => {
  expect(previewOf(JSON.stringify(value), role)).toBe(expected);
});

it('cuts what is long, and never within a character', () => {
  const cut = previewOf(`${'x'.repeat(996)}😀${'y'.repeat(1000)}`, 'user');
  expect(cut).toHaveLength(1000);
  expect(cut.endsWith('\uFFFD...')).toBe(true);
  expect(previewOf('NaN', 'user')).toBe('NaN');
});
