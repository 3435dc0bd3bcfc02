import { expect, it } from 'vitest';
import { signatureChanges } from './signature-words.ts';

const column = (name: string, type = 'double', required = true) => ({ name, type, required });
const signature = (inputs: ReturnType<typeof column>[], output = 'double') => ({
  inputs,
  outputs: [{ type: output, required: true }],
  params: [],
});

it('puts what breaks callers first', () => {
  const rows = signatureChanges(
    signature([column('hour'), column('origin', 'string')]),
    signature([column('hour'), column('late_share'), column('note', 'string', false)]),
  );
  expect(rows.map((row) => [row.key, row.breaking, row.changed])).toEqual([
    ['input late_share', true, true],
    ['input origin', false, true],
    ['input note', false, true],
    ['input hour', false, false],
    ['output 1', false, false],
  ]);
  expect(signatureChanges(signature([]), signature([], 'string'))[0]).toMatchObject({
    key: 'output 1',
    breaking: true,
    before: 'double, required',
    after: 'string, required',
  });
});
