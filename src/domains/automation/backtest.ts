import { createHash } from 'node:crypto';
import type { Events, Position } from '../../events/index.ts';
import { parseCursor } from '../../events/index.ts';
import { invalid } from '../../lib/errors.ts';
import { type CompiledRule, type Heard, isForRules, typesOf } from './compiled-rule.ts';
import { askGuards, guardTime } from './guards.ts';
import { dueTimes } from './schedule.ts';
import type { BacktestEntry, BacktestTrace } from './schema/firing.ts';
import { flatten } from './event-fields.ts';

const MOST_EVENTS = 200_000;
const MOST_ENTRIES = 5000;
const PAGE = 500;

export interface Past {
  /** How long what the rule starts is taken to go on, ms. */
  durationMs: number;
  /** What was known of a dataset's checks at a time of the rule's clock. */
  checksAt(dataset: string, at: number): Promise<'passed' | 'failed' | 'unknown'>;
}

/** The events that the rule would have heard between two times of its clock, in the order of that clock. */
export async function heardBetween(
  events: Events,
  project: string,
  compiled: CompiledRule,
  self: string,
  span: { from: number; to: number },
): Promise<Heard[]> {
  const { rule } = compiled;
  if ('schedule' in rule.when) return scheduled(rule.when, self, span);
  const types = typesOf(rule);
  const exact = types.every((type) => !type.endsWith('*'));
  const heard: Heard[] = [];
  let position: Position = { xid: 0, id: 0 };
  let read = 0;
  for (;;) {
    const page = await events.after(position, { project, limit: PAGE, ...(exact ? { types } : {}) });
    const last = page.at(-1);
    if (!last) break;
    read += page.length;
    if (read > MOST_EVENTS)
      throw invalid(
        `More than ${MOST_EVENTS} events would have to be read.`,
        'Name the event types instead of a family.',
      );
    position = parseCursor(last.cursor);
    for (const event of page) {
      const at = guardTime(rule, event);
      if (at >= span.from && at <= span.to && isForRules(event) && compiled.matches(event)) heard.push(event);
    }
  }
  const times = new Map(heard.map((event) => [event, guardTime(rule, event)]));
  return heard.toSorted((a, b) => (times.get(a) as number) - (times.get(b) as number));
}

/** Judges the events one after another, as the rule would have, and remembers what it would have run. */
export async function replay(
  compiled: CompiledRule,
  heard: readonly Heard[],
  past: Past,
): Promise<BacktestTrace> {
  const { rule } = compiled;
  const { veto } = rule.guard;
  const acted: number[] = [];
  const entries: BacktestEntry[] = [];
  for (const event of heard) {
    const at = guardTime(rule, event);
    const row = flatten(event);
    const { met } = compiled.judge(event);
    const running = acted.filter((time) => at - time < past.durationMs);
    const answers = met
      ? askGuards(rule, {
          at,
          acted,
          inFlight: running.map((time) => `what it started at ${new Date(time).toISOString()}`),
          checks: veto ? await past.checksAt(veto.while_failed_checks, at) : 'unknown',
          depth: 0,
        })
      : [];
    const held_by = answers.find((answer) => !answer.passed) ?? null;
    const verdict = !met ? 'not_met' : held_by ? 'held_back' : 'would_run';
    if (verdict === 'would_run') acted.push(at);
    const values = Object.fromEntries(compiled.condition.columns.map((name) => [name, row[name] ?? null]));
    entries.push({
      event_id: event.id,
      type: event.type,
      subject: event.subject,
      at,
      verdict,
      held_by,
      values,
    });
  }
  const count = (verdict: BacktestEntry['verdict']) =>
    entries.filter((entry) => entry.verdict === verdict).length;
  return {
    rule,
    heard: entries.length,
    would_run: count('would_run'),
    held_back: count('held_back'),
    not_met: count('not_met'),
    entries: thinned(entries),
    truncated: entries.length > MOST_ENTRIES,
  };
}

/** The newest entries, those in which the rule would have run kept before the others. */
function thinned(entries: BacktestEntry[]): BacktestEntry[] {
  if (entries.length <= MOST_ENTRIES) return entries;
  const rank = { would_run: 0, held_back: 1, not_met: 2 };
  const kept = entries.toSorted((a, b) => rank[a.verdict] - rank[b.verdict] || b.at - a.at);
  return kept.slice(0, MOST_ENTRIES).toSorted((a, b) => a.at - b.at);
}

function scheduled(
  when: { schedule: string; zone: string },
  self: string,
  span: { from: number; to: number },
): Heard[] {
  return dueTimes(when.schedule, when.zone, span.from, span.to, MOST_EVENTS).map((at) => ({
    id: createHash('sha256').update(`${self}@${at}`).digest('hex').slice(0, 32),
    type: 'schedule.due',
    source: 'automation',
    subject: self,
    time: at,
    data: { due_at: at, late_ms: 0 },
  }));
}
