import { enqueue } from '../../jobs/index.ts';
import type { RondoEvent } from '../../events/index.ts';
import { AppError } from '../../lib/errors.ts';
import { type Urn, URN_KINDS } from '../../lib/urn.ts';
import { firingUrn, type Parts, ruleUrn } from './actions.ts';
import { failFrom } from './act.ts';
import { type CompiledRule, compileRule, type Heard, isForRules, typesOf } from './compiled-rule.ts';
import { hears } from './event-fields.ts';
import { askGuards, guardTime, memoryOf } from './guards.ts';
import type { DryRun, FiredBy, GuardAnswer } from './schema/firing.ts';
import type { Action, Rule } from './schema/rule.ts';
import { causeOf } from './settle.ts';
import { actionsOf } from './store/actions.ts';
import { actedTimes, answered, findFiring, flying, insertFiring } from './store/firings.ts';
import { listRules, type RuleRow, setRuleState } from './store/rules.ts';

export const ACT_JOB = 'automation.act';
export const ACT_ATTEMPTS = 4;

/** Lets every enabled rule of the event's project answer it, each at most once. */
export async function hear(parts: Parts, event: RondoEvent): Promise<void> {
  if (!isForRules(event)) return;
  const failures: unknown[] = [];
  for (const row of await listRules(parts.database.read, { project: event.project, state: 'on' })) {
    if (!typesOf(row.rule).some((type) => hears(type, event.type))) continue;
    try {
      const compiled = await ready(parts, row);
      if (compiled?.matches(event)) await fire(parts, row, compiled, event);
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** A stored rule that no longer compiles (its event lost a field) is paused with the reason. */
async function ready(parts: Parts, row: RuleRow): Promise<CompiledRule | undefined> {
  try {
    return compileRule(row.rule, ruleUrn(row.project, row.name), parts.fields);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const to = { state: 'paused', by: 'rondo', reason: thrown.message } as const;
    await parts.database.write((tx) => setRuleState(tx, row, ['on'], to));
    return undefined;
  }
}

/** What the rule would do with the event now; nothing is done or stored. */
export async function dryRun(parts: Parts, project: string, rule: Rule, event: Heard): Promise<DryRun> {
  const compiled = compileRule(rule, ruleUrn(project, rule.name), parts.fields);
  const { met, parts: condition } = compiled.judge(event);
  const guards = await ask(parts, project, rule, event);
  const actions = rule.do.map((_, index) => tryAction(compiled, event, index));
  const matched = compiled.matches(event);
  const fine = guards.every((answer) => answer.passed) && actions.every((action) => action.error === null);
  return {
    event: firedBy(event),
    matched,
    condition,
    met,
    guards,
    actions,
    would_run: matched && met && fine,
  };
}

async function fire(parts: Parts, row: RuleRow, compiled: CompiledRule, event: RondoEvent): Promise<void> {
  const { project, name, rule } = row;
  const { met, parts: condition } = compiled.judge(event);
  if (!met || (await answered(parts.database.read, project, name, event.id))) return;
  const guards = await ask(parts, project, rule, event);
  const passed = guards.every((answer) => answer.passed);
  const { actions, error } = actionsFor(compiled, event);
  const depth = await depthOf(parts, event);
  await parts.database.write(async (tx) => {
    const now = Date.now();
    const firing = await insertFiring(
      tx,
      {
        project,
        rule: name,
        rule_revision: row.revision,
        event_id: event.id,
        event: firedBy(event),
        state: passed ? 'started' : 'held_back',
        at: guardTime(rule, event),
        fired_at: now,
        flight_key: flightKey(rule),
        depth,
        condition,
        guards,
        ended_at: passed ? null : now,
      },
      passed ? actions : [],
    );
    if (firing === undefined) return;
    if (isUrn(event.subject))
      await parts.lineage.link(tx, project, firingUrn(firing), 'caused-by', event.subject);
    await parts.lineage.link(tx, project, firingUrn(firing), 'part-of', ruleUrn(project, name));
    if (!passed) return;
    await parts.events.append(tx, {
      type: 'rule.fired',
      source: 'automation',
      subject: ruleUrn(project, name),
      project,
      data: { firing: firingUrn(firing), event_id: event.id, event_type: event.type, about: event.subject },
    });
    if (error !== null) await failFrom(parts, tx, firing, 0, error);
    else
      await enqueue(tx, {
        kind: ACT_JOB,
        payload: { firing },
        project,
        concurrencyKey: `automation:${project}/${name}`,
        maxAttempts: ACT_ATTEMPTS,
      });
  });
}

async function ask(parts: Parts, project: string, rule: Rule, event: Heard): Promise<GuardAnswer[]> {
  const at = guardTime(rule, event);
  const span = memoryOf(rule);
  const { veto } = rule.guard;
  return askGuards(rule, {
    at,
    acted: await actedTimes(parts.database.read, project, rule.name, at - span, at + span),
    inFlight: await inFlight(parts, project, rule),
    checks: veto ? await parts.actions.latestChecks(project, veto.while_failed_checks) : 'unknown',
    depth: await depthOf(parts, event),
  });
}

/** What goes on under the rule's flight key: actions not yet done, and things that still run. */
async function inFlight(parts: Parts, project: string, rule: Rule): Promise<string[]> {
  const key = flightKey(rule);
  if (key === null) return [];
  for (const { id, actions } of await flying(parts.database.read, project, key)) {
    for (const { state, urn } of actions) {
      if (state === 'waiting') return [firingUrn(id)];
      if (state === 'started' && urn !== null && (await parts.actions.isRunning(urn as Urn))) return [urn];
    }
  }
  return [];
}

async function depthOf(parts: Parts, event: Heard): Promise<number> {
  const begun = await actionsOf(parts.database.read, event.subject);
  const cause = causeOf(event) ?? begun[0]?.firing_id;
  const firing = cause === undefined ? undefined : await findFiring(parts.database.read, cause);
  return firing ? firing.depth + 1 : 0;
}

function flightKey(rule: Rule): string | null {
  const { single_flight } = rule.guard;
  if (single_flight === undefined) return null;
  return single_flight === true ? `rule:${rule.name}` : `key:${single_flight}`;
}

/** The actions to store: filled in, or as written together with why they could not be. */
function actionsFor(compiled: CompiledRule, event: Heard): { actions: Action[]; error: string | null } {
  try {
    return { actions: compiled.actions(event), error: null };
  } catch (thrown) {
    return { actions: compiled.rule.do, error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function tryAction(compiled: CompiledRule, event: Heard, index: number): DryRun['actions'][number] {
  const { actions, error } = actionsFor(compiled, event);
  return error === null ? { asked: actions[index] as Action, error: null } : { asked: null, error };
}

const firedBy = ({ id, type, source, subject, time, data }: Heard): FiredBy => ({
  id,
  type,
  source,
  subject,
  time,
  data: data ?? {},
});

const isUrn = (text: string): text is Urn =>
  text.startsWith('rondo:') && URN_KINDS.some((kind) => text.startsWith(`rondo:${kind}:`));
