import { humanDuration, parseDuration } from '../../lib/time.ts';
import type { GuardAnswer } from './schema/firing.ts';
import type { Rule } from './schema/rule.ts';

const DAY = 86_400_000;
/** Longest chain of firings in which each was caused by the one before. */
export const LONGEST_CHAIN = 5;

/** What the guards look at, all in the time of the rule's clock. */
export interface GuardFacts {
  /** Time of the event. */
  at: number;
  /** Times of this rule's earlier firings that acted. */
  acted: readonly number[];
  /** What runs under the rule's single-flight key; empty when nothing does. */
  inFlight: readonly string[];
  checks: 'passed' | 'failed' | 'unknown';
  /** How many firings led to this event. */
  depth: number;
}

/** Each guard's answer, in words with its numbers. A rule acts when all passed. Times on either side count, so late events cannot slip by. */
export function askGuards(rule: Rule, facts: GuardFacts): GuardAnswer[] {
  const { cooldown, max_per_day, single_flight, budget, veto } = rule.guard;
  const answers: GuardAnswer[] = [];
  if (cooldown !== undefined) answers.push(cooledDown(cooldown, facts));
  if (max_per_day !== undefined)
    answers.push({ guard: 'max_per_day', ...within(max_per_day, DAY, '24 h', facts) });
  if (budget !== undefined)
    answers.push({ guard: 'budget', ...within(budget.runs, parseDuration(budget.per), budget.per, facts) });
  if (single_flight !== undefined) {
    const [running] = facts.inFlight;
    answers.push({
      guard: 'single_flight',
      passed: running === undefined,
      why: running === undefined ? 'nothing of it runs' : `${running} still runs`,
    });
  }
  if (veto !== undefined) answers.push(unvetoed(veto.while_failed_checks, facts));
  if (facts.depth > 0) {
    answers.push({
      guard: 'chain',
      passed: facts.depth < LONGEST_CHAIN,
      why: `link ${facts.depth + 1} of a chain of firings, at most ${LONGEST_CHAIN}`,
    });
  }
  return answers;
}

/** Span of guard time in which earlier firings matter. */
export function memoryOf(rule: Rule): number {
  const { cooldown, max_per_day, budget } = rule.guard;
  return Math.max(
    cooldown === undefined ? 0 : parseDuration(cooldown),
    max_per_day === undefined ? 0 : DAY,
    budget === undefined ? 0 : parseDuration(budget.per),
  );
}

/** Time of an event on the rule's clock: its own event time (ms or ISO 8601) where it has one, else the wall clock. */
export function guardTime(rule: Rule, event: { time: number; data: unknown }): number {
  if (rule.guard.clock === 'wall') return event.time;
  const given = (event.data as { event_time?: unknown } | null)?.event_time;
  const ms = typeof given === 'string' ? Date.parse(given) : given;
  return typeof ms === 'number' && Number.isFinite(ms) ? Math.round(ms) : event.time;
}

function cooledDown(cooldown: string, facts: GuardFacts): GuardAnswer {
  const gap = Math.min(...facts.acted.map((time) => Math.abs(facts.at - time)));
  const passed = gap >= parseDuration(cooldown);
  const last = Number.isFinite(gap) ? `${humanDuration(gap)} from the last firing` : 'no firing before';
  return { guard: 'cooldown', passed, why: `${last}, at least ${cooldown}` };
}

function within(limit: number, span: number, named: string, facts: GuardFacts) {
  const used = facts.acted.filter((time) => Math.abs(facts.at - time) < span).length;
  return { passed: used < limit, why: `${used} of ${limit} used within ${named}` };
}

function unvetoed(dataset: string, facts: GuardFacts): GuardAnswer {
  const said = {
    passed: `the latest checks of ${dataset} passed`,
    failed: `the latest checks of ${dataset} failed`,
    unknown: `${dataset} has no finished checks`,
  };
  return { guard: 'veto', passed: facts.checks !== 'failed', why: said[facts.checks] };
}
