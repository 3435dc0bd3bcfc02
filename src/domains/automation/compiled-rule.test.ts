import { describe, expect, it } from 'vitest';
import { compileRule } from './compiled-rule.ts';
import { columnsOf, EVENT_FIELDS } from './event-fields.ts';
import { readRules } from './rule-file.ts';
import { Rule } from './schema/rule.ts';
import { sentenceOf } from './lead.ts';

const self = 'rondo:rule:flights/r';
const rule = (over: object = {}) =>
  Rule.parse({
    name: 'r',
    when: {
      event: 'alert.opened',
      fields: { window: 'int', share: 'double', big: 'int' },
    },
    do: [{ action: 'notify', text: 'hello' }],
    ...over,
  });
const event = (data: object, over: object = {}) => ({
  id: 'e1',
  type: 'alert.opened',
  source: 'monitoring',
  subject: 'rondo:alert:7',
  time: 1000,
  data,
  ...over,
});

describe('templates', () => {
  const run = (params: object) =>
    compileRule(
      rule({ do: [{ action: 'run_pipeline', pipeline: 'train-${data.monitor}', params }] }),
      self,
      EVENT_FIELDS,
    );

  it('keep the type of a value that stands alone and join texts around one', () => {
    const compiled = run({
      window: '${data.window}',
      twice: '${data.window * 2}',
      share: '${data.share}',
      drifted: '${data.share > 0.3}',
      note: 'window ${data.window} of ${data.monitor}',
      list: ['${data.share}', 'x'],
      big: '${data.big}',
      plain: 5,
    });
    const data = { monitor: 'skill', window: 3, share: 0.5, big: 9_007_199_254_740_993n };
    expect(compiled.actions(event(data))).toEqual([
      {
        action: 'run_pipeline',
        pipeline: 'train-skill',
        params: {
          window: 3,
          twice: 6,
          share: 0.5,
          drifted: true,
          note: 'window 3 of skill',
          list: [0.5, 'x'],
          big: '9007199254740993',
          plain: 5,
        },
      },
    ]);
  });

  it('refuse an absent value in words and a wrong expression when the rule is made', () => {
    const compiled = run({ window: '${data.window}' });
    expect(() => compiled.actions(event({ monitor: 'skill' }))).toThrow('${data.window} has no value');
    expect(() => run({ x: '${data.nope}' })).toThrow("Rule 'r', do.0: Unknown column 'data.nope'");
  });

  it('never reach the address of a webhook', () => {
    const action = {
      action: 'notify',
      webhook: 'http://127.0.0.1:1/${data.monitor}',
      text: '${data.monitor}',
    };
    const [filled] = compileRule(rule({ do: [action] }), self, EVENT_FIELDS).actions(event({ monitor: 'm' }));
    expect(filled).toEqual({ ...action, text: 'm' });
  });
});

describe('what a rule hears', () => {
  const heard = (when: object, over: object = {}) =>
    compileRule(rule({ when }), self, EVENT_FIELDS).matches(event({}, over));

  it.each([
    [{ event: 'alert.opened' }, {}, true],
    [{ event: 'alert.closed' }, {}, false],
    [{ event: ['alert.closed', 'alert.opened'] }, {}, true],
    [{ event: 'alert.*' }, {}, true],
    [{ event: 'alert.*' }, { type: 'alerts.opened' }, false],
    [{ event: '*' }, {}, true],
    [{ event: '*', subject: 'rondo:alert:*' }, {}, true],
    [{ event: '*', subject: 'rondo:alert:8' }, {}, false],
    [{ event: '*', source: 'serving' }, {}, false],
    [{ schedule: '0 3 * * *' }, { type: 'schedule.due', subject: self }, true],
    [{ schedule: '0 3 * * *' }, { type: 'schedule.due', subject: `${self}2` }, false],
    [{ call: true }, { type: 'rule.called', subject: self }, true],
  ])('%j of %j: %s', (when, over, expected) => {
    expect(heard(when, over)).toBe(expected);
  });

  it('drops a field on whose type its events disagree, unless the rule declares it', () => {
    const known = { a: { x: 'int', y: 'int' }, b: { x: 'string', y: 'int' } } as const;
    expect(columnsOf(['a', 'b'], {}, known)).not.toHaveProperty(['data.x']);
    expect(columnsOf(['a', 'b'], {}, known)).toHaveProperty(['data.y'], 'int');
    expect(columnsOf(['a', 'b'], { x: 'double' }, known)).toHaveProperty(['data.x'], 'double');
    expect(columnsOf(['a'], {}, known)).toHaveProperty(['data.x'], 'int');
  });
});

describe('a rule file', () => {
  const yaml = `
rules:
  - name: retrain-on-decay
    when: { event: alert.opened, fields: { metric: string } }
    if: data.metric == 'skill'
    do:
      - { action: run_pipeline, pipeline: flights-train, params: { cause: '\${subject}' } }
    guard: { cooldown: 6h, max_per_day: 1, single_flight: true, veto: { while_failed_checks: flights }, breaker: { failures: 3 } }
`;

  it('reads YAML, and the rule reads as a sentence', () => {
    const [read] = readRules(yaml) as [Rule];
    expect(sentenceOf(read)).toBe(
      'When an alert opens and metric is skill and the checks of flights did not fail, run flights-train; ' +
        'at most once in 24 h, one at a time, 6h apart, stopped after 3 failures in a row.',
    );
  });

  it.each([
    ['rules: [', 'not YAML'],
    ['rules: [{ name: x }]', 'rules.0.when'],
    ['rules: [{ name: a b, when: { event: x.y }, do: [{ action: notify, text: t }] }]', 'rules.0.name'],
    ['rules: [{ name: x, when: { event: x.y }, do: [{ action: explode }] }]', 'rules.0.do.0.action'],
    [
      'rules: [{ name: x, when: { event: x.y }, do: [{ action: notify, text: t }], guard: { cooldown: soon } }]',
      'cooldown',
    ],
  ])('refuses %s', (text, message) => {
    expect(() => readRules(text)).toThrow(message);
  });

  it.each(['99 3 * * *', '0 0 30 2 *'])('refuses the schedule %s', (schedule) => {
    expect(() => compileRule(rule({ when: { schedule } }), self, EVENT_FIELDS)).toThrow('when.schedule');
  });
});
