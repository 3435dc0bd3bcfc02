import { z } from 'zod';
import { findDuration } from '../../../lib/time.ts';
import { Name } from '../../projects/schema.ts';

/** `90s`, `30m`, `6h`, `1h30m`, `1.5d`, `2w`. */
const Duration = z
  .string()
  .max(50)
  .refine(
    (text) => findDuration(text) !== undefined,
    'a number and one of ms, s, m, h, d, w, for example 6h',
  );

const EventType = z
  .string()
  .regex(
    /^(\*|[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*(\.\*)?)$/,
    'an event type such as alert.opened, a family such as alert.*, or *',
  );

export const FieldType = z.enum(['int', 'double', 'string', 'bool', 'timestamp']);
export type FieldType = z.infer<typeof FieldType>;

/** What a rule listens to: facts, a schedule, or a call of its own address. */
export const When = z.union([
  z.strictObject({
    event: z.union([EventType, z.array(EventType).min(1).max(20)]),
    /** Only events about this URN; a `*` at the end stands for the rest. */
    subject: z.string().min(1).max(1000).optional(),
    /** Only events that this room wrote. */
    source: z.string().min(1).max(100).optional(),
    /** Types of fields of the event's data that Rondo does not know: `{ psi: double }`. */
    fields: z.record(z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/), FieldType).default({}),
  }),
  z.strictObject({
    /** Cron, five or six fields. */
    schedule: z.string().min(1).max(200),
    zone: z.string().max(100).default('UTC'),
  }),
  z.strictObject({
    /** Fires when its address is called; the fields of the call's data, by type. */
    call: z.literal(true),
    fields: z.record(z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/), FieldType).default({}),
  }),
]);
export type When = z.infer<typeof When>;

const Text = z.string().min(1).max(2000);

/** What a rule does. Texts may hold `${expression}` over the event; a text that is one template keeps its type. */
export const Action = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('run_pipeline'),
    pipeline: Text,
    params: z.record(z.string(), z.unknown()).default({}),
  }),
  z.strictObject({
    action: z.literal('request_promotion'),
    model: Text,
    version: z.union([Text, z.number().int().positive()]),
    to: Text,
  }),
  z.strictObject({
    action: z.literal('start_rollout'),
    endpoint: Text,
    model: Text,
    version: z.union([Text, z.number().int().positive()]),
    plan: z.record(z.string(), z.unknown()).default({}),
  }),
  z.strictObject({ action: z.literal('roll_back'), endpoint: Text }),
  z.strictObject({
    action: z.literal('notify'),
    /** An address that takes `{text, …}` as JSON; without one the text goes to the activity list. */
    webhook: z.url({ protocol: /^https?$/ }).optional(),
    text: Text,
  }),
  z.strictObject({ action: z.literal('open_approval'), title: Text }),
]);
export type Action = z.infer<typeof Action>;

/** What can hold a rule back although its condition is true. */
export const Guard = z.strictObject({
  /** Least time between two firings. */
  cooldown: Duration.optional(),
  /** Which clock the guards read: the event's own time where it has one, or always the wall clock. */
  clock: z.enum(['event', 'wall']).default('event'),
  /** Firings within any 24 hours. */
  max_per_day: z.number().int().positive().optional(),
  /** One at a time: `true` for this rule, or a key that several rules share. */
  single_flight: z.union([z.literal(true), z.string().min(1).max(200)]).optional(),
  budget: z.strictObject({ runs: z.number().int().positive(), per: Duration.default('30d') }).optional(),
  veto: z.strictObject({ while_failed_checks: z.string().min(1).max(200) }).optional(),
  /** So many failed firings in a row pause the rule until a person closes the breaker. */
  breaker: z.strictObject({ failures: z.number().int().positive().max(100) }).optional(),
});
export type Guard = z.infer<typeof Guard>;

export const Rule = z.strictObject({
  name: Name,
  title: z.string().max(200).optional(),
  when: When,
  /** CEL over `type`, `subject`, `source` and `data.*`; the rule acts when it is true. */
  if: z.string().min(1).max(4000).optional(),
  do: z.array(Action).min(1).max(10),
  guard: Guard.default({ clock: 'event' }),
});
export type Rule = z.infer<typeof Rule>;

/** The rules of a project as a file, and the `rules:` part of other files. */
export const RuleFile = z.strictObject({ rules: z.array(Rule).max(200) }).superRefine((file, context) => {
  const names = file.rules.map((rule) => rule.name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index)
      context.addIssue({
        code: 'custom',
        path: ['rules', index, 'name'],
        message: `'${name}' is listed twice`,
      });
  }
});
export type RuleFile = z.infer<typeof RuleFile>;

/** `open`: the circuit breaker paused it and waits for a person. */
export const RULE_STATES = ['on', 'paused', 'open'] as const;
export const RuleState = z.enum(RULE_STATES);
export type RuleState = z.infer<typeof RuleState>;
