import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheKey, cacheParts, canonical, changedParts } from './cache-key.ts';

const subject = {
  step: 'train',
  code: 'a'.repeat(64),
  lock: 'b'.repeat(64),
  launcher: 'process',
  env: {},
  inputs: { table: { digest: 'c'.repeat(64), size: 3, name: 'x.csv' }, rate: 0.1 },
  kinds: { table: 'file', rate: 'value' },
  params: { seed: 1, month: '2001-01' },
  ignore: ['seed'],
};
const key = (change: Partial<typeof subject>) => cacheKey(cacheParts({ ...subject, ...change }));

describe('cache key', () => {
  it('does not depend on the order of keys, on file names, or on what is ignored', () => {
    expect(key({ params: { month: '2001-01', seed: 2 } })).toBe(key({}));
    const renamed = { ...subject.inputs, table: { name: 'y.csv', size: 3, digest: 'c'.repeat(64) } };
    expect(key({ inputs: renamed })).toBe(key({}));
  });

  it('changes with each component, and the change is named', () => {
    const before = cacheParts(subject);
    const changes: [Partial<typeof subject>, string][] = [
      [{ code: 'd'.repeat(64) }, 'code changed (aaaaaaaa to dddddddd)'],
      [{ lock: 'e'.repeat(64) }, 'lock file changed (bbbbbbbb to eeeeeeee)'],
      [{ launcher: 'slurm' }, 'launcher changed (process to slurm)'],
      [{ inputs: { ...subject.inputs, rate: 0.2 } }, 'input rate changed (0.1 to 0.2)'],
      [
        { params: { ...subject.params, month: '2001-02' } },
        'parameter month changed ("2001-01" to "2001-02")',
      ],
      [{ env: { A: '1' } }, 'environment is new'],
    ];
    for (const [change, text] of changes) {
      expect(key(change), text).not.toBe(key({}));
      expect(changedParts(before, cacheParts({ ...subject, ...change } as typeof subject))).toEqual([text]);
    }
    expect(changedParts(before, before)).toEqual([]);
    const model = (version: number) => ({ 'input model': canonical({ name: 'late', version }) });
    expect(changedParts(model(1), model(2))).toEqual(['input model changed (late v1 to late v2)']);
  });

  it('writes equal values as equal texts, and different ones differently', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
        expect(JSON.parse(canonical(a))).toEqual(plain(a));
        if (canonical(a) !== canonical(b)) expect(plain(a)).not.toEqual(plain(b));
      }),
    );
  });
});
