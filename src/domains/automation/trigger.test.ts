import { describe, expect, it } from 'vitest';
import { ruleOfTrigger } from './trigger.ts';

describe('a trigger of a pipeline file', () => {
  it('is a rule that runs the pipeline', () => {
    const trigger = {
      name: 'on-new-data',
      when: { kind: 'event', type: 'dataset.version.created', subject: 'rondo:dataset:flights' },
      if: "event.data.rows > 10 && event.type != 'event.data'",
      params: { version: '{{ event.data.version }}', fixed: 1, nested: ['v{{event.data.version}}'] },
      guard: { cooldown_ms: 1000, daily_cap: 2 },
    };
    expect(ruleOfTrigger('train', trigger, 0)).toEqual({
      name: 'on-new-data',
      when: { event: 'dataset.version.created', subject: 'rondo:dataset:flights', fields: {} },
      if: "data.rows > 10 && type != 'event.data'",
      do: [
        {
          action: 'run_pipeline',
          pipeline: 'train',
          params: { version: '${data.version}', fixed: 1, nested: ['v${data.version}'] },
        },
      ],
      guard: { clock: 'event', cooldown: '1000ms', max_per_day: 2 },
    });
  });

  it('names itself after the pipeline and its place', () => {
    expect(ruleOfTrigger('train', { when: { kind: 'schedule', cron: '0 3 * * *' } }, 1)).toMatchObject({
      name: 'train.2',
      when: { schedule: '0 3 * * *', zone: 'UTC' },
    });
    expect(ruleOfTrigger('train', { when: { kind: 'webhook' } }, 0)).toMatchObject({ when: { call: true } });
  });

  it('may be a whole rule', () => {
    const rule = { name: 'r', when: { event: 'a.b' }, do: [{ action: 'notify', text: 't' }] };
    expect(ruleOfTrigger('train', rule, 0)).toMatchObject(rule);
    expect(() => ruleOfTrigger('train', { when: 'always' }, 0)).toThrow();
  });
});
