import { describe, expect, it } from 'vitest';
import { Environment } from '../projects/schema.ts';
import type { Signature } from '../serving/schema/route.ts';
import { type GateFacts, judge, passed, signatureFault } from './gates.ts';
import type { Gate } from './schema.ts';

const SIGNATURE: Signature = {
  inputs: [
    { name: 'hour', type: 'long' },
    { name: 'origin', type: 'string' },
  ],
  outputs: [{ name: 'late', type: 'double' }],
};
const PROD = Environment.parse({
  name: 'prod',
  after: 'staging',
  protected: true,
  mode: 'on-merge',
  tolerance: 0.001,
});

const FACTS: GateFacts = {
  checks: [{ dataset: 'flights v4', failed: 0, total: 12 }],
  evaluation: {
    urn: 'rondo:evaluation:7',
    loss: 'log_loss',
    baseline: { value: 0.03, low: 0.028, high: 0.032, n: 48_210 },
    champion: { value: 0.0038, low: 0.0011, high: 0.0065, n: 48_210, version: 2 },
  },
  margin: 0.01,
  champion: { version: 2, signature: SIGNATURE },
  signature: SIGNATURE,
  reachedBefore: true,
  ci: { commit: 'a41f9c0123', passed: 812, failed: 0 },
  commit: 'a41f9c0123',
};

function gate(name: Gate['name'], facts: Partial<GateFacts> = {}, environment = PROD): Gate {
  const found = judge(environment, { ...FACTS, ...facts }).find((each) => each.name === name);
  if (!found) throw new Error(`no gate ${name}`);
  return found;
}
const evaluation = (change: Partial<NonNullable<GateFacts['evaluation']>>) => ({
  evaluation: { ...(FACTS.evaluation as NonNullable<GateFacts['evaluation']>), ...change },
});
const champion = (low: number, high: number, version = 2) =>
  evaluation({ champion: { value: (low + high) / 2, low, high, n: 48_210, version } });

it('lets through what passes every gate, in the order in which people read them', () => {
  const gates = judge(PROD, FACTS);
  expect(gates.map((each) => [each.name, each.state])).toEqual([
    ['order', 'passed'],
    ['checks', 'passed'],
    ['baseline', 'passed'],
    ['champion', 'passed'],
    ['signature', 'passed'],
    ['ci', 'passed'],
  ]);
  expect(passed(gates)).toBe(true);
});

it.each([
  ['order', { reachedBefore: false }],
  ['checks', { checks: null }],
  ['baseline', evaluation({ baseline: null })],
  ['champion', champion(-0.02, -0.01)],
  ['signature', { signature: { ...SIGNATURE, outputs: [] } }],
  ['ci', { ci: null }],
] as const)('is refused by %s alone', (name, facts) => {
  const gates = judge(PROD, { ...FACTS, ...(facts as Partial<GateFacts>) });
  expect(gates.filter((each) => each.state === 'failed').map((each) => each.name)).toEqual([name]);
  expect(passed(gates)).toBe(false);
});

describe('order', () => {
  it('is skipped where nothing comes before', () => {
    expect(gate('order', { reachedBefore: false }, Environment.parse({ name: 'dev' })).state).toBe('skipped');
  });
  it('names the environment that was left out', () => {
    expect(gate('order', { reachedBefore: false }).sentence).toContain('staging');
  });
});

describe('checks', () => {
  it('fails when no checked dataset is recorded', () => {
    expect(gate('checks', { checks: [] }).state).toBe('failed');
  });
  it('names the dataset whose checks failed', () => {
    const checks = [
      { dataset: 'flights v4', failed: 0, total: 12 },
      { dataset: 'weather v2', failed: 2, total: 5 },
    ];
    expect(gate('checks', { checks })).toMatchObject({
      state: 'failed',
      sentence: '2 of 5 checks failed on weather v2.',
    });
  });
});

describe('baseline', () => {
  it('is skipped without a charter', () => {
    expect(gate('baseline', { margin: null, evaluation: null }).state).toBe('skipped');
  });
  it('wants the whole interval above the margin, not only the estimate', () => {
    const close = { value: 0.011, low: 0.009, high: 0.013, n: 900 };
    expect(gate('baseline', evaluation({ baseline: close }))).toMatchObject({ state: 'failed', limit: 0.01 });
    expect(gate('baseline', evaluation({ baseline: { ...close, low: 0.01 } })).state).toBe('passed');
  });
  it('fails without bounds and names its proof', () => {
    const unknown = { value: 0.5, low: null, high: null, n: 1 };
    expect(gate('baseline', evaluation({ baseline: unknown }))).toMatchObject({
      state: 'failed',
      proof: 'rondo:evaluation:7',
    });
  });
});

describe('champion', () => {
  it('is skipped where nothing answers yet', () => {
    expect(gate('champion', { champion: null }).state).toBe('skipped');
  });
  it('fails without an evaluation beside the version that answers now', () => {
    expect(gate('champion', champion(0.001, 0.006, 1)).state).toBe('failed');
    expect(gate('champion', { evaluation: null }).state).toBe('failed');
  });
  it('lets an unclear difference through and stops a clear loss beyond the tolerance', () => {
    expect(gate('champion', champion(-0.004, 0.002)).state).toBe('passed');
    expect(gate('champion', champion(-0.004, -0.0005)).state).toBe('passed');
    expect(gate('champion', champion(-0.004, -0.0015))).toMatchObject({ state: 'failed', limit: -0.001 });
  });
});

describe('signature', () => {
  it('passes where nothing calls yet', () => {
    expect(gate('signature', { champion: null }).state).toBe('passed');
  });
  it.each([
    ['a new required input', { inputs: [...SIGNATURE.inputs, { name: 'tail', type: 'string' }] }, "'tail'"],
    [
      'a changed type',
      { inputs: [{ name: 'hour', type: 'string' }, SIGNATURE.inputs[1]] },
      'from long to string',
    ],
    ['a lost output', { outputs: [] }, 'output 1 is gone'],
    ['a changed output', { outputs: [{ name: 'late', type: 'string' }] }, 'from double to string'],
  ])('refuses %s', (_what, change, words) => {
    expect(signatureFault(SIGNATURE, { ...SIGNATURE, ...change } as Signature)).toContain(words);
  });
  it('bears a new optional input, and an input that is not read any more', () => {
    const wider = {
      ...SIGNATURE,
      inputs: [...SIGNATURE.inputs, { name: 'tail', type: 'string' as const, required: false }],
    };
    expect(signatureFault(SIGNATURE, wider)).toBeUndefined();
    expect(signatureFault(SIGNATURE, { ...SIGNATURE, inputs: SIGNATURE.inputs.slice(0, 1) })).toBeUndefined();
  });
});

describe('ci', () => {
  it('is skipped where nothing waits for it', () => {
    expect(gate('ci', { ci: null }, Environment.parse({ name: 'dev', mode: 'manual' })).state).toBe(
      'skipped',
    );
  });
  it('fails with one failed test and without a report', () => {
    expect(gate('ci', { ci: { commit: 'a41f9c0123', passed: 811, failed: 1 } }).state).toBe('failed');
    expect(gate('ci', { ci: null }).sentence).toContain('a41f9c01');
  });
});
