import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from './json.ts';

const parse = (text: string) => parseJson(Buffer.from(text));

describe('parseJson', () => {
  test('agrees with JSON.parse on every value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        if (/\\ud[89a-f]/i.test(text)) return;
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('finds a duplicate among any keys, however they are spelled', () => {
    const key = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.boolean(),
        (keys, pick, escape) => {
          const members = keys.map((name) => `${JSON.stringify(name)}:{"a":1}`);
          expect(() => parse(`{${members.join(',')}}`)).not.toThrow();
          const again = keys[pick % keys.length] as string;
          const spelled = escape
            ? `"${again
                .split('')
                .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
                .join('')}"`
            : JSON.stringify(again);
          expect(() => parse(`{${members.join(',')},${spelled}:2}`)).toThrow(/twice/);
        },
      ),
    );
  });

  const refused: [string, string][] = [
    ['a repeated key', '{"a":1,"b":2,"a":3}'],
    ['a repeated key in a nested object', '{"a":[{"x":1,"x":1}]}'],
    ['a repeated key after a nested object', '{"a":{"q":1},"a":1}'],
    ['depth 100000', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['depth 33', '['.repeat(33) + ']'.repeat(33)],
    ['half a surrogate pair', '{"a":"\\ud800"}'],
    ['half a surrogate pair in a key', '{"\\udc00":1}'],
    ['NaN', '{"a":NaN}'],
    ['nothing', ''],
    ['half', '{"a":'],
    ['a trailing comma', '[1,]'],
  ];
  test.each(refused)('%s is refused with 400', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test('any bytes are parsed or refused with 400', () => {
    const noise = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'u', '1', 'a', ' '), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(noise, (parts) => {
        const text = parts.join('');
        try {
          expect(parse(text)).toEqual(JSON.parse(text));
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('bytes that are no UTF-8 are refused with 400', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });

  test('__proto__ is data', () => {
    const value = parse('{"__proto__":{"polluted":true},"constructor":1}') as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('the same key may return in another object, and text may look like a key', () => {
    expect(parse('[{"a":"b","b":"a"},{"a":1}]')).toEqual([{ a: 'b', b: 'a' }, { a: 1 }]);
  });
});
