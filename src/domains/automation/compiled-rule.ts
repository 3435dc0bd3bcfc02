import { createHash } from 'node:crypto';
import { AppError, invalid } from '../../lib/errors.ts';
import { compileCondition, type Condition } from './condition.ts';
import { columnsOf, type EventFields, flatten, hears } from './event-fields.ts';
import { checkSchedule } from './schedule.ts';
import { Action, type Rule } from './schema/rule.ts';
import { compileTemplate } from './template.ts';

/** What a rule needs to know of an event. */
export interface Heard {
  id: string;
  type: string;
  source: string;
  subject: string;
  time: number;
  data: unknown;
}

export interface CompiledRule {
  rule: Rule;
  condition: Condition;
  matches(event: Heard): boolean;
  judge(event: Heard): ReturnType<Condition['judge']>;
  /** The actions with their templates filled in; throws INVALID when a value is absent. */
  actions(event: Heard): Action[];
}

/** Types a rule listens to; a schedule and a call are events about the rule itself. */
export function typesOf(rule: Rule): string[] {
  const { when } = rule;
  if ('event' in when) return [when.event].flat();
  return 'schedule' in when ? ['schedule.due'] : ['rule.called'];
}

/** Of what this room itself writes, rules hear only that something is due or was called; else a rule could start itself. */
export function isForRules(event: { type: string; source: string }): boolean {
  return event.source !== 'automation' || event.type === 'schedule.due' || event.type === 'rule.called';
}

/** The rule ready to judge events. `self` is its URN. Throws INVALID naming the part that does not compile. */
export function compileRule(rule: Rule, self: string, known: EventFields): CompiledRule {
  const { when } = rule;
  const types = typesOf(rule);
  const columns = columnsOf(types, 'fields' in when ? when.fields : {}, known);
  if ('schedule' in when) named(rule, 'when.schedule', () => checkSchedule(when.schedule, when.zone));
  const condition = named(rule, 'if', () => compileCondition(rule.if, columns));
  const fills = rule.do.map((action, index) =>
    named(rule, `do.${index}`, () => compileTemplate(templated(action), columns)),
  );
  const subject = 'event' in when ? when.subject : self;
  const source = 'event' in when ? when.source : undefined;
  return {
    rule,
    condition,
    matches: (event) =>
      types.some((type) => hears(type, event.type)) &&
      (subject === undefined || about(subject, event.subject)) &&
      (source === undefined || source === event.source),
    judge: (event) => condition.judge(flatten(event)),
    actions(event) {
      const row = flatten(event);
      return fills.map((fill, index) =>
        Action.parse({ ...(rule.do[index] as Action), ...(fill(row) as Record<string, unknown>) }),
      );
    },
  };
}

/** sha256 of the rule's content; an approval about the rule holds for exactly this. */
export function digestOf(rule: Rule): string {
  return createHash('sha256').update(JSON.stringify(rule)).digest('hex');
}

/** An address is never computed from an event: whoever writes events would choose where the server calls. */
function templated(action: Action): Record<string, unknown> {
  const { action: _, ...rest } = action;
  if (!('webhook' in rest)) return rest;
  const { webhook: __, ...texts } = rest;
  return texts;
}

const about = (pattern: string, subject: string): boolean =>
  pattern.endsWith('*') ? subject.startsWith(pattern.slice(0, -1)) : pattern === subject;

function named<T>(rule: Rule, where: string, compile: () => T): T {
  try {
    return compile();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const details = { rule: rule.name, path: where, ...(thrown.details as object | undefined) };
    throw invalid(`Rule '${rule.name}', ${where}: ${thrown.message}`, thrown.hint, details);
  }
}
