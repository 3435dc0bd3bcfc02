import { describe, expect, it } from 'vitest';
import type { Run } from '../schema.ts';
import { atText, comparedRuns, dimensionsOf, readAt, varies } from './compared-runs.ts';

const metric = (key: string, value: number | 'NaN', min: number, max: number) => ({
  key,
  value,
  min,
  max,
  timestamp: 0,
  step: 9,
});
const run = (id: string, params: Record<string, string>, metrics: ReturnType<typeof metric>[]): Run => ({
  info: {
    run_id: id,
    run_uuid: id,
    run_name: '',
    experiment_id: '1',
    user_id: '',
    status: 'FINISHED',
    start_time: 1000,
    end_time: 3000,
    artifact_uri: '',
    lifecycle_stage: 'active',
  },
  data: { params: Object.entries(params).map(([key, value]) => ({ key, value })), metrics },
  inputs: {},
});
const RUNS = [
  run('a'.repeat(32), { lr: '0.1', kind: 'tree' }, [metric('loss', 2, 1, 3), metric('auc', 0.6, 0.5, 0.8)]),
  run('b'.repeat(32), { lr: '1e-2', kind: '7' }, [metric('loss', 'NaN', 4, 5), metric('speed', 7, 6, 9)]),
];

describe('what is compared', () => {
  it('takes the point that counts', () => {
    const at = (text: string) =>
      comparedRuns(RUNS, readAt(text), new Map()).map((each) => Object.fromEntries(each.metrics));
    expect(at('')).toEqual([
      { loss: 2, auc: 0.6 },
      { loss: null, speed: 7 },
    ]);
    // The name of speed does not say which way is better.
    expect(at('best')).toEqual([
      { loss: 1, auc: 0.8 },
      { loss: 4, speed: 7 },
    ]);
    expect(at('highest')).toEqual([
      { loss: 3, auc: 0.8 },
      { loss: 5, speed: 9 },
    ]);
    const stepped = new Map([['a'.repeat(32), [{ key: 'loss', value: 2.5, timestamp: 0, step: 4 }]]]);
    expect(
      comparedRuns(RUNS, readAt('step:4'), stepped).map((each) => Object.fromEntries(each.metrics)),
    ).toEqual([{ loss: 2.5 }, {}]);
  });

  it('reads and writes the address', () => {
    for (const text of ['best', 'lowest', 'highest', 'step:40']) expect(atText(readAt(text))).toBe(text);
    for (const text of [undefined, 'last', 'step:', 'step:-1', '<script>'])
      expect(readAt(text)).toEqual({ kind: 'last' });
  });

  it('tells numbers from categories, and what varies', () => {
    const dimensions = dimensionsOf(comparedRuns(RUNS, { kind: 'last' }, new Map()));
    expect(dimensions.map((each) => [each.id, each.kind, each.values, varies(each)])).toEqual([
      ['params.lr', 'number', [0.1, 0.01], true],
      ['params.kind', 'category', ['tree', '7'], true],
      ['metrics.loss', 'number', [2, null], false],
      ['metrics.auc', 'number', [0.6, null], false],
      ['metrics.speed', 'number', [null, 7], false],
      ['attributes.took', 'number', [2, 2], false],
      ['attributes.started', 'number', [0, 0], false],
    ]);
  });
});
