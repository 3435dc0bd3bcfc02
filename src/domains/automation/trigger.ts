import { z } from 'zod';
import { Rule } from './schema/rule.ts';

/** A trigger as a pipeline file holds it. */
const Trigger = z.object({
  name: z.string().optional(),
  when: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('schedule'), cron: z.string(), timezone: z.string().default('UTC') }),
    z.object({ kind: z.literal('event'), type: z.string(), subject: z.string().nullable().default(null) }),
    z.object({ kind: z.literal('webhook') }),
  ]),
  if: z.string().nullable().default(null),
  params: z.record(z.string(), z.unknown()).default({}),
  guard: z
    .object({
      cooldown_ms: z.number().nullable().default(null),
      daily_cap: z.number().nullable().default(null),
    })
    .default({ cooldown_ms: null, daily_cap: null }),
});

/**
 * The rule that a trigger of a pipeline stands for; a trigger may also be a whole rule. Its name is the trigger's own, else
 * pipeline and place in the file. Throws ZodError when it is neither.
 */
export function ruleOfTrigger(pipeline: string, given: unknown, index: number): Rule {
  const whole = Rule.safeParse(given);
  if (whole.success) return whole.data;
  const trigger = Trigger.parse(given);
  const { cooldown_ms, daily_cap } = trigger.guard;
  return Rule.parse({
    name: trigger.name ?? `${pipeline}.${index + 1}`,
    when: whenOf(trigger.when),
    ...(trigger.if === null ? {} : { if: unprefixed(trigger.if) }),
    do: [{ action: 'run_pipeline', pipeline, params: templates(trigger.params) }],
    guard: {
      ...(cooldown_ms === null || cooldown_ms === 0 ? {} : { cooldown: `${cooldown_ms}ms` }),
      ...(daily_cap === null ? {} : { max_per_day: daily_cap }),
    },
  });
}

function whenOf(when: z.infer<typeof Trigger>['when']): unknown {
  if (when.kind === 'schedule') return { schedule: when.cron, zone: when.timezone };
  if (when.kind === 'webhook') return { call: true };
  return { event: when.type, ...(when.subject === null ? {} : { subject: when.subject }) };
}

/** Pipeline files say `event.data.x` and `{{ event.data.x }}`, rules `data.x` and `${data.x}`. */
const unprefixed = (expression: string): string =>
  expression.replace(
    /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<![\w.])event\./g,
    (_, text?: string) => text ?? '',
  );

function templates(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(/\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => `\${${unprefixed(expression)}}`);
  if (Array.isArray(value)) return value.map(templates);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, templates(inner)]));
}
