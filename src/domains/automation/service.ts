import { randomUUID } from 'node:crypto';
import type { RondoEvent } from '../../events/index.ts';
import { AppError, ERRORS } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import { type Parts, ruleUrn } from './actions.ts';
import { applyTriggers, BY_FILE, removeOne, saveOne } from './apply.ts';
import { heardBetween, replay } from './backtest.ts';
import { compileRule, type Heard, typesOf } from './compiled-rule.ts';
import { AUTOMATION_ERRORS } from './errors.ts';
import { dryRun, hear } from './fire.ts';
import { askAgain, closeBreaker, turnOn } from './breaker.ts';
import { backtestLead } from './lead.ts';
import type {
  Backtest,
  BacktestTrace,
  DryRun,
  Firing,
  FiringState,
  FiringSummary,
  RuleView,
} from './schema/firing.ts';
import type { Rule } from './schema/rule.ts';
import { noteConsequence } from './settle.ts';
import { actedTimes, findFiring, listFirings, medianDuration } from './store/firings.ts';
import { findRule, listRules, type RuleRow, setDue, setRuleState } from './store/rules.ts';
import { firingView, ruleViews, summaryOf } from './views.ts';

export interface AutomationService {
  /** Makes these rules what is given; the same content again changes nothing. `prune` removes the other rules that came by file. */
  apply(actor: Actor, project: string, rules: Rule[], options?: { prune?: boolean }): Promise<RuleView[]>;
  remove(actor: Actor, project: string, name: string): Promise<void>;
  pause(actor: Actor, project: string, name: string, reason?: string): Promise<RuleView>;
  /** Undoes a pause. A rule stopped by its breaker is resumed by a person only, which closes the breaker. */
  resume(actor: Actor, project: string, name: string): Promise<RuleView>;
  get(project: string, name: string): Promise<RuleView>;
  list(project: string): Promise<RuleView[]>;
  /** Newest first. */
  firings(
    project: string,
    filter: {
      rule?: string | undefined;
      state?: FiringState | undefined;
      before?: number | undefined;
      limit: number;
    },
  ): Promise<FiringSummary[]>;
  firing(project: string, id: number): Promise<Firing>;
  /** Replays stored events between two times (epoch ms of the rule's clock), both included; acts on nothing. */
  backtest(
    project: string,
    name: string,
    test: { from: number; to: number; rule?: Rule | undefined },
  ): Promise<Backtest>;
  /** What the rule would do with an event: the given one, or the newest stored that it listens to. */
  tryOut(
    project: string,
    name: string,
    trial: { event?: (Partial<Heard> & { type: string }) | undefined; rule?: Rule | undefined },
  ): Promise<DryRun>;
  /** Fires a rule that has an address of its own. */
  call(actor: Actor, project: string, name: string, data: Record<string, unknown>): Promise<void>;
  /** The subscriber: notes what came of earlier firings, then lets the rules answer. Idempotent by event id. */
  handle(event: RondoEvent): Promise<void>;
}

export function createAutomation(parts: Parts): AutomationService {
  const { database, events, approvals } = parts;

  async function row(project: string, name: string): Promise<RuleRow> {
    const found = await findRule(database.read, project, name);
    if (found) return found;
    throw new AppError(AUTOMATION_ERRORS.RULE_UNKNOWN, `Project '${project}' has no rule '${name}'.`);
  }

  async function get(project: string, name: string): Promise<RuleView> {
    return (await ruleViews(database.read, project, [await row(project, name)]))[0] as RuleView;
  }

  const compiled = (project: string, rule: Rule) =>
    compileRule(rule, ruleUrn(project, rule.name), parts.fields);

  /** The rule to judge: the edited one under the stored name, or the stored one. */
  async function chosen(project: string, name: string, edited: Rule | undefined): Promise<Rule> {
    return edited ? { ...edited, name } : (await row(project, name)).rule;
  }

  async function trace(
    project: string,
    rule: Rule,
    span: { from: number; to: number },
  ): Promise<BacktestTrace> {
    const ready = compiled(project, rule);
    const heard = await heardBetween(events, project, ready, ruleUrn(project, rule.name), span);
    return replay(ready, heard, {
      durationMs: await medianDuration(database.read, project, rule.name),
      checksAt: (dataset, at) => parts.actions.latestChecks(project, dataset, at),
    });
  }

  async function resume(actor: Actor, project: string, name: string): Promise<RuleView> {
    const before = await row(project, name);
    if (before.state === 'open' && (actor.kind === 'system' || actor.kind === 'step'))
      throw new AppError(
        AUTOMATION_ERRORS.RULE_BREAKER_OPEN,
        `Rule '${name}' was stopped by its breaker; ${actor.name} cannot close it.`,
      );
    await turnOn(parts, before, actor.name);
    const subject = ruleUrn(project, name);
    for (const open of await approvals.list({ project, subject, states: ['open'] }))
      await database.write((tx) => approvals.settle(tx, open.id, 'approved', `resumed by ${actor.name}`));
    return get(project, name);
  }

  return {
    get,
    resume,
    async apply(actor, project, rules, options = {}) {
      await parts.projects.get(project);
      for (const rule of rules) compiled(project, rule);
      await database.write(async (tx) => {
        for (const rule of rules) await saveOne(parts, tx, actor, project, rule, BY_FILE);
        if (!options.prune) return;
        for (const other of await listRules(tx, { project, origin: BY_FILE })) {
          if (!rules.some((rule) => rule.name === other.name)) await removeOne(parts, tx, actor, other);
        }
      });
      for (const rule of rules) await askAgain(parts, project, rule.name);
      const rows = await listRules(database.read, { project });
      const names = rules.map((rule) => rule.name);
      return ruleViews(
        database.read,
        project,
        rows.filter((each) => names.includes(each.name)),
      );
    },
    async remove(actor, project, name) {
      const found = await row(project, name);
      if (found.origin !== BY_FILE)
        throw new AppError(
          AUTOMATION_ERRORS.RULE_FROM_PIPELINE,
          `Rule '${name}' belongs to ${found.origin}; it was not removed.`,
          { hint: 'Remove the trigger from the pipeline file, or pause the rule.' },
        );
      await database.write((tx) => removeOne(parts, tx, actor, found));
      await askAgain(parts, project, name);
    },
    async pause(actor, project, name, reason) {
      const found = await row(project, name);
      await database.write(async (tx) => {
        const to = { state: 'paused', by: actor.name, reason: reason ?? null } as const;
        if (!(await setRuleState(tx, found, ['on'], to))) return;
        await setDue(tx, found, null);
        await events.append(tx, {
          type: 'rule.paused',
          source: 'automation',
          subject: ruleUrn(project, name),
          project,
          data: { by: actor.name, reason: reason ?? null },
        });
      });
      return get(project, name);
    },
    async list(project) {
      await parts.projects.get(project);
      return ruleViews(database.read, project, await listRules(database.read, { project }));
    },
    async firings(project, { rule, state, before, limit }) {
      const rows = await listFirings(database.read, {
        project,
        before,
        limit,
        ...(rule === undefined ? {} : { rule }),
        ...(state === undefined ? {} : { states: [state] }),
      });
      return Promise.all(rows.map((each) => summaryOf(database.read, each)));
    },
    async firing(project, id) {
      const found = await findFiring(database.read, id);
      if (found?.project === project) return firingView(database.read, found);
      throw new AppError(AUTOMATION_ERRORS.FIRING_UNKNOWN, `Project '${project}' has no firing ${id}.`);
    },
    async backtest(project, name, { from, to, rule }) {
      if (to < from) throw new AppError(ERRORS.INVALID, 'The time to test ends before it begins.');
      const stored = await findRule(database.read, project, name);
      if (!stored && !rule) await row(project, name);
      const span = { from, to };
      const test = {
        from,
        to,
        assumed_duration_ms: await medianDuration(database.read, project, name),
        fired: (await actedTimes(database.read, project, name, from, to)).length,
        now: stored ? await trace(project, stored.rule, span) : null,
        edited: rule ? await trace(project, { ...rule, name }, span) : null,
      };
      return { ...test, lead: backtestLead(test, { project, rule: name }) };
    },
    async tryOut(project, name, trial) {
      const rule = await chosen(project, name, trial.rule);
      const event = trial.event
        ? made(project, rule, trial.event)
        : await newest(parts, project, compiled(project, rule), rule);
      return dryRun(parts, project, rule, event);
    },
    async call(actor, project, name, data) {
      const found = await row(project, name);
      if (!('call' in found.rule.when) || found.state !== 'on')
        throw new AppError(AUTOMATION_ERRORS.RULE_NOT_CALLABLE, `Rule '${name}' cannot be called now.`);
      await database.write((tx) =>
        events.append(tx, {
          type: 'rule.called',
          source: 'automation',
          subject: ruleUrn(project, name),
          project,
          data: { ...data, called_by: actor.name },
        }),
      );
    },
    async handle(event) {
      if (event.source !== 'automation') await noteConsequence(parts, event);
      if (event.type === 'pipeline.applied') await applyTriggers(parts, event);
      if (event.type === 'approval.decided') await closeBreaker(parts, event);
      await hear(parts, event);
    },
  };
}

function made(project: string, rule: Rule, given: Partial<Heard> & { type: string }): Heard {
  const { when } = rule;
  const subject = 'event' in when ? (when.subject ?? 'rondo:project:') : ruleUrn(project, rule.name);
  const source = ('event' in when ? when.source : undefined) ?? 'trial';
  return { id: randomUUID(), source, subject, time: Date.now(), data: {}, ...given };
}

async function newest(
  parts: Parts,
  project: string,
  compiled: ReturnType<typeof compileRule>,
  rule: Rule,
): Promise<Heard> {
  const types = typesOf(rule);
  const exact = types.every((type) => !type.endsWith('*'));
  const recent = await parts.events.recent({ project, limit: 500, ...(exact ? { types } : {}) });
  const event = recent.find((each) => compiled.matches(each));
  if (event) return event;
  throw new AppError(
    AUTOMATION_ERRORS.BACKTEST_EMPTY,
    `No ${types.join(' or ')} happened in project '${project}' yet.`,
  );
}
