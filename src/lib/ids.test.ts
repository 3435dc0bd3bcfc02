import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ids from './ids.ts';

describe('ids', () => {
  it('run ids are 32 hexadecimal digits and differ', () => {
    const made = Array.from({ length: 1000 }, ids.newRunId);
    expect(made.every(ids.isRunId)).toBe(true);
    expect(new Set(made).size).toBe(1000);
    expect(ids.isRunId('A'.repeat(32))).toBe(false);
  });

  it('sortable ids sort by creation, also when the clock stands or goes back', () => {
    const start = Date.now() + 1000;
    const times = [start, start, start, start - 500, start + 1, start + 1000];
    const made = times.map((time) => ids.newSortableId(time));
    expect([...made].sort((a, b) => (a < b ? -1 : 1))).toEqual(made);
    expect(made.every((id) => id.length === 26 && ids.isSortableId(id))).toBe(true);
    expect(ids.timeOfSortableId(made[5] as string)).toBe(start + 1000);
    expect(ids.timeOfSortableId(made[3] as string)).toBe(start);
    expect(new Set(made).size).toBe(made.length);
    expect(ids.isSortableId(`8${'0'.repeat(25)}`)).toBe(false);
    expect(ids.isSortableId('u'.repeat(26))).toBe(false);
  });

  it('hashes as FIPS 180 says', async () => {
    expect(await ids.sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(await ids.sha256(new Uint8Array(0))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('canonical JSON does not depend on the order of keys and reads back', () => {
    expect(ids.canonicalJson({ b: 1, a: [null, true, 'x"'], c: undefined })).toBe(
      '{"a":[null,true,"x\\""],"b":1}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(ids.canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse());
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.integer()),
        (value) => ids.canonicalJson(value) === ids.canonicalJson(reversed(value)),
      ),
    );
  });

  it('canonical JSON refuses what JSON would falsify', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, undefined, cycle, [undefined]]) {
      expect(() => ids.canonicalJson(value)).toThrow(TypeError);
    }
    const shared = {};
    expect(ids.canonicalJson([shared, shared])).toBe('[{},{}]');
  });

  it('shortens for display', () => {
    expect(ids.shortDigest('sha256:ba7816bf8f01cfea4141')).toBe('ba7816bf8f01');
    expect(ids.shortDigest('ba7816bf8f01cfea4141')).toBe('ba7816bf8f01');
    expect(ids.shortId('0123456789abcdef')).toBe('01234567');
  });
});
