import { describe, expect, it } from 'vitest';
import { parseUrn, splitProject, urn, urnIn } from './urn.ts';

describe('URNs', () => {
  it('keeps whatever a name holds inside its part', () => {
    const text = urn('dataset-version', 'a/b: c', 3);
    expect(text).toBe('rondo:dataset-version:a%2Fb%3A%20c/3');
    expect(parseUrn(text)).toEqual({ kind: 'dataset-version', parts: ['a/b: c', '3'] });
  });

  it('names the project unless it is the default one', () => {
    expect(urnIn('default', 'model-version', 'm', 1)).toBe('rondo:model-version:m/1');
    expect(urnIn('flights', 'model-version', 'm', 1)).toBe('rondo:model-version:flights/m/1');
    expect(splitProject(['flights', 'm', '1'], 2)).toEqual({ project: 'flights', own: ['m', '1'] });
    expect(splitProject(['m', '1'], 2)).toEqual({ project: 'default', own: ['m', '1'] });
  });

  it.each(['', 'urn:x', 'rondo:nonsense:x', 'rondo:run', '12.3.4'])('refuses %j', (text) => {
    expect(() => parseUrn(text)).toThrow('is not a URN');
  });
});
