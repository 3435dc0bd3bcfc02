import { describe, expect, it } from 'vitest';
import { parseModel } from './command.ts';

describe('model URIs on the command line', () => {
  it.each([
    ['models:/flight-delay/3', { model: 'flight-delay', version: 3 }],
    ['flight-delay/v3', { model: 'flight-delay', version: 3 }],
  ])('reads %s', (text, expected) => {
    expect(parseModel(text)).toEqual(expected);
  });
  it.each(['', 'flight-delay', 'models:/flight-delay', 'models:/flight-delay@champion', 'a/b/c'])(
    'refuses %j',
    (text) => {
      expect(() => parseModel(text)).toThrow('names no model version');
    },
  );
});
