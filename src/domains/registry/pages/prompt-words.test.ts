import { expect, it } from 'vitest';
import { promptText, tagWords } from './prompt-words.ts';

const text = (value: string) => promptText({ tags: [{ key: 'mlflow.prompt.text', value }] });

it('reads the text of a prompt, and a chat message by message', () => {
  expect(text('Hi {{who}}')).toBe('Hi {{who}}');
  expect(text('[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{q}}"}]')).toBe(
    'system:\nBe kind.\n\nuser:\n{{q}}',
  );
  for (const plain of ['[not JSON', '[]', '[1]', '[null]', '[{"role": "x"}]', ''])
    expect(text(plain)).toBe(plain);
  expect(promptText({})).toBe('');
});

it('shows the tags of people', () => {
  const tags = [
    { key: 'mlflow.prompt.is_prompt', value: 'true' },
    { key: '_mlflow_experiment_ids', value: ',0,' },
    { key: 'tone', value: 'warm' },
    { key: 'owner', value: 'us' },
  ];
  expect(tagWords({ tags })).toBe('tone: warm, owner: us');
});
