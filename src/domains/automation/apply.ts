import { isDeepStrictEqual } from 'node:util';
import type { Tx } from '../../database/index.ts';
import type { RondoEvent } from '../../events/index.ts';
import { enqueue } from '../../jobs/index.ts';
import { AppError } from '../../lib/errors.ts';
import { parseUrn } from '../../lib/urn.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import { type Parts, ruleUrn } from './actions.ts';
import { compileRule } from './compiled-rule.ts';
import { AUTOMATION_ERRORS } from './errors.ts';
import { nextDue } from './schedule.ts';
import type { Rule } from './schema/rule.ts';
import {
  deleteRule,
  findRule,
  lastRevision,
  listRules,
  type RuleRow,
  saveRule,
  setDue,
} from './store/rules.ts';
import { ruleOfTrigger } from './trigger.ts';

export const DUE_JOB = 'automation.due';
/** Origin of rules that came by file, CLI or UI. */
export const BY_FILE = 'file';

/** Stores a rule. The same content again changes nothing; whether it is paused stays as it was. */
export async function saveOne(
  parts: Parts,
  tx: Tx,
  actor: Actor,
  project: string,
  rule: Rule,
  origin: string,
) {
  const before = await findRule(tx, project, rule.name);
  if (before && before.origin !== origin && before.origin !== BY_FILE) {
    throw new AppError(
      AUTOMATION_ERRORS.RULE_FROM_PIPELINE,
      `Rule '${rule.name}' belongs to ${before.origin} and was not changed.`,
    );
  }
  if (before && before.origin === origin && isDeepStrictEqual(before.rule, rule)) return;
  const now = Date.now();
  const row: RuleRow = {
    project,
    name: rule.name,
    revision: (await lastRevision(tx, project, rule.name)) + 1,
    rule,
    origin,
    state: before?.state ?? 'on',
    state_by: before?.state_by ?? actor.name,
    state_at: before?.state_at ?? now,
    state_reason: before?.state_reason ?? null,
    breaker_from: before?.breaker_from ?? 0,
    next_due: null,
    created_at: before?.created_at ?? now,
    updated_at: now,
  };
  await saveRule(tx, row, actor.name);
  if (row.state === 'on') await scheduleNext(tx, row, now);
  await parts.events.append(tx, {
    type: 'rule.applied',
    source: 'automation',
    subject: ruleUrn(project, rule.name),
    project,
    data: { revision: row.revision, origin, author: actor.name },
  });
}

export async function removeOne(parts: Parts, tx: Tx, actor: Actor, row: RuleRow): Promise<void> {
  await deleteRule(tx, row.project, row.name);
  await parts.events.append(tx, {
    type: 'rule.removed',
    source: 'automation',
    subject: ruleUrn(row.project, row.name),
    project: row.project,
    data: { revision: row.revision, origin: row.origin, author: actor.name },
  });
}

/** Files the job of the next due time of a scheduled rule; what came due while nobody ran it comes once. */
export async function scheduleNext(tx: Tx, row: RuleRow, after: number): Promise<void> {
  const { when } = row.rule;
  if (!('schedule' in when)) return;
  const due = nextDue(when.schedule, when.zone, after);
  await setDue(tx, row, due);
  if (due === null) return;
  await enqueue(tx, {
    kind: DUE_JOB,
    payload: { project: row.project, name: row.name, due },
    project: row.project,
    singletonKey: `${DUE_JOB}:${row.project}/${row.name}@${due}`,
    runAt: due,
  });
}

/** A due time has come: says so as an event, which the rule then hears, and files the next. Nothing when the rule changed since. */
export async function comeDue(
  parts: Parts,
  tx: Tx,
  job: { project: string; name: string; due: number },
): Promise<void> {
  const row = await findRule(tx, job.project, job.name);
  if (!row || !(await setDue(tx, job, null, job.due))) return;
  const now = Date.now();
  await parts.events.append(tx, {
    type: 'schedule.due',
    source: 'automation',
    subject: ruleUrn(job.project, job.name),
    project: job.project,
    data: { due_at: job.due, late_ms: Math.max(0, now - job.due) },
  });
  await scheduleNext(tx, row, Math.max(now, job.due));
}

/** Makes the rules that a pipeline brought what its newest triggers say. One that is no rule is refused in an event. */
export async function applyTriggers(parts: Parts, event: RondoEvent): Promise<void> {
  const { project, subject } = event;
  const { triggers } = (event.data ?? {}) as { triggers?: unknown };
  if (project === null || !Array.isArray(triggers)) return;
  const pipeline = parseUrn(subject).parts.at(-1) as string;
  const actor = systemActor(`pipeline ${pipeline}`);
  const wanted: Rule[] = [];
  for (const [index, trigger] of triggers.entries()) {
    try {
      const rule = await freeName(parts, project, pipeline, subject, ruleOfTrigger(pipeline, trigger, index));
      compileRule(rule, ruleUrn(project, rule.name), parts.fields);
      wanted.push(rule);
    } catch (thrown) {
      const reason = (thrown as Error).message.slice(0, 1000);
      await parts.database.write((tx) => refuse(parts, tx, event, { index, reason }));
    }
  }
  await parts.database.write(async (tx) => {
    for (const rule of wanted) await saveOne(parts, tx, actor, project, rule, subject);
    for (const row of await listRules(tx, { project, origin: subject })) {
      if (!wanted.some((rule) => rule.name === row.name)) await removeOne(parts, tx, actor, row);
    }
  });
}

/** A trigger keeps its own name unless another rule has it; then the pipeline's goes before it. */
async function freeName(
  parts: Parts,
  project: string,
  pipeline: string,
  origin: string,
  rule: Rule,
): Promise<Rule> {
  const taken = await findRule(parts.database.read, project, rule.name);
  return taken && taken.origin !== origin ? { ...rule, name: `${pipeline}.${rule.name}` } : rule;
}

const refuse = (parts: Parts, tx: Tx, event: RondoEvent, data: { index: number; reason: string }) =>
  parts.events.append(tx, {
    type: 'rule.refused',
    source: 'automation',
    subject: event.subject,
    project: event.project,
    data,
  });
