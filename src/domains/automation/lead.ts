import { counted, type Lead, lead, type LeadPart } from '../../lib/lead.ts';
import type { Backtest, BacktestTrace, FiringState, FiringSummary } from './schema/firing.ts';
import type { Action, Guard, Rule, When } from './schema/rule.ts';
import { pageHref } from '../../lib/page-href.ts';
import { conditionWords, eventWords, templateWords } from './rule-words.ts';
import type { RuleRow } from './store/rules.ts';

export const COUNT_DAYS = 90;

const STATE_WORDS = { on: 'On', paused: 'Paused', open: 'Stopped by its breaker' };

/** "On, ran 3 times in 90 d, last 2001-06-08 04:00 UTC." and what it needs. */
export function ruleLead(
  row: RuleRow,
  counts: Partial<Record<FiringState, number>>,
  last: FiringSummary | null,
): Lead {
  const ran = (counts.done ?? 0) + (counts.failed ?? 0) + (counts.started ?? 0);
  const held = counts.held_back ?? 0;
  const rows = {
    label: 'its firings',
    href: pageHref(row.project, 'automation'),
  };
  const firings = (count: number, definition: string): LeadPart =>
    counted(count, { definition, clock: 'wall', rows }, count === 1 ? 'time' : 'times');
  const parts: (string | LeadPart)[] = [`${STATE_WORDS[row.state]}, `];
  if (ran === 0) parts.push(`has not run in ${COUNT_DAYS} d`);
  else
    parts.push(
      'ran ',
      firings(ran, `Firings of this rule in ${COUNT_DAYS} days that started, ended or failed.`),
      ` in ${COUNT_DAYS} d`,
    );
  if (held > 0)
    parts.push(
      ', held back ',
      firings(held, `Firings of this rule in ${COUNT_DAYS} days that a guard held back.`),
    );
  if (last) parts.push(', last fired ', { type: 'time', at: last.fired_at, clock: 'wall' });
  parts.push('.');
  if (row.state === 'open') parts.push(` ${row.state_reason}; it needs a person.`);
  else if (row.state === 'paused')
    parts.push(` Paused by ${row.state_by}${row.state_reason ? `: ${row.state_reason}` : ''}.`);
  else if (row.next_due !== null)
    parts.push(' Due next ', { type: 'time', at: row.next_due, clock: 'wall' }, '.');
  return lead(...parts);
}

/** What a firing came to, in one sentence. */
export function firingLead(
  firing: {
    state: FiringState;
    event: { type: string; subject: string };
    guards: { passed: boolean; guard: string; why: string }[];
  },
  actions: readonly { asked: Action; error: string | null }[],
): Lead {
  const cause = `${firing.event.type.replaceAll('.', ' ')} of ${subjectName(firing.event.subject)}`;
  const doing = actions.map(({ asked }) => actionWords(asked)).join(', then ');
  const no = firing.guards.find((answer) => !answer.passed);
  if (firing.state === 'held_back')
    return lead(`Held back by ${no?.guard ?? 'a guard'} after ${cause}: ${no?.why ?? ''}.`);
  const error = actions.find((action) => action.error)?.error;
  if (firing.state === 'failed') return lead(`Failed after ${cause}: ${error ?? 'an action failed'}`);
  return lead(`${firing.state === 'done' ? 'Done' : 'Going on'} after ${cause}: ${doing}.`);
}

/** The name in a URN: what a person calls the thing. */
const subjectName = (urn: string): string => decodeURIComponent(urn.split(':').slice(2).join(':')) || urn;

export function backtestLead(
  test: Pick<Backtest, 'now' | 'edited'>,
  { project, rule }: { project: string; rule: string },
): Lead {
  const query = `POST /api/v1/projects/${project}/rules/${rule}/backtest`;

  const times = (count: number, definition: string): LeadPart =>
    counted(count, { definition, query }, count === 1 ? 'time' : 'times');
  const said = (name: string, trace: BacktestTrace | null) =>
    trace
      ? [
          `${name}: would run `,
          times(
            trace.would_run,
            'Events of the replayed history after which every guard would have let the rule act.',
          ),
          ', held back ',
          times(
            trace.held_back,
            'Events of the replayed history after which a guard would have held the rule back.',
          ),
          ', ',
          counted(
            trace.heard,
            { definition: 'Events of the replayed history that the rule listens to.', query },
            trace.heard === 1 ? 'event' : 'events',
          ),
          ' heard. ',
        ]
      : [];
  return lead(...said('Now', test.now), ...said('Edited', test.edited));
}

/** The rule as one sentence: "When alert.opened, and …, run flights-train; at most once a day, one at a time." */
export function sentenceOf(rule: Rule): string {
  const condition = rule.if === undefined ? '' : ` and ${conditionWords(rule.if)}`;
  const veto = rule.guard.veto
    ? ` and the checks of ${rule.guard.veto.while_failed_checks} did not fail`
    : '';
  const bounds = guardWords(rule.guard);
  const tail = bounds.length === 0 ? '' : `; ${bounds.join(', ')}`;
  return `${whenWords(rule.when)}${condition}${veto}, ${rule.do.map(actionWords).join(', then ')}${tail}.`;
}

function whenWords(when: When): string {
  if ('schedule' in when) return `At ${when.schedule} (${when.zone})`;
  if ('call' in when) return 'When called';
  const types = [when.event].flat().map(eventWords).join(' or ');
  return `When ${types}${when.subject ? `, on ${when.subject}` : ''}`;
}

function actionWords(action: Action): string {
  switch (action.action) {
    case 'run_pipeline':
      return `run ${action.pipeline}`;
    case 'request_promotion':
      return `ask to promote ${versionWords(action)} to ${action.to}`;
    case 'start_rollout':
      return `start a rollout of ${versionWords(action)} on ${templateWords(action.endpoint)}`;
    case 'roll_back':
      return `roll back ${templateWords(action.endpoint)}`;
    case 'notify':
      return action.webhook === undefined ? 'note it' : `notify ${new URL(action.webhook).host}`;
    case 'open_approval':
      return 'ask a person';
  }
}

/** A version that the fact itself names is "that version". */
const versionWords = ({ model, version }: { model: string; version: string | number }): string =>
  String(model).includes('${') && String(version).includes('${')
    ? 'that version'
    : `${templateWords(String(model))} version ${templateWords(String(version))}`;

function guardWords(guard: Guard): string[] {
  const words: string[] = [];
  if (guard.max_per_day !== undefined) words.push(`at most ${timesText(guard.max_per_day)} in 24 h`);
  if (guard.budget) words.push(`at most ${timesText(guard.budget.runs)} in ${guard.budget.per}`);
  if (guard.single_flight !== undefined) words.push('one at a time');
  if (guard.cooldown !== undefined) words.push(`${guard.cooldown} apart`);
  if (guard.breaker) words.push(`stopped after ${guard.breaker.failures} failures in a row`);
  return words;
}

const timesText = (count: number): string => (count === 1 ? 'once' : `${count} times`);
