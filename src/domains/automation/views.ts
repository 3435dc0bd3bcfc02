import type { Reader } from '../../database/index.ts';
import { firingUrn } from './actions.ts';
import { COUNT_DAYS, firingLead, ruleLead, sentenceOf } from './lead.ts';
import type { Firing, FiringState, FiringSummary, RuleView } from './schema/firing.ts';
import { listActions } from './store/actions.ts';
import { countFirings, type FiringRow, listConsequences, listFirings } from './store/firings.ts';
import type { RuleRow } from './store/rules.ts';

const DAY = 86_400_000;

/** Rules with their last firing and what their firings came to. */
export async function ruleViews(reader: Reader, project: string, rows: RuleRow[]): Promise<RuleView[]> {
  const counted = await countFirings(reader, project, Date.now() - COUNT_DAYS * DAY);
  return Promise.all(
    rows.map(async (row) => {
      const [newest] = await listFirings(reader, { project, rule: row.name, limit: 1 });
      const last = newest ? await summaryOf(reader, newest) : null;
      const counts: Record<FiringState, number> = { started: 0, held_back: 0, failed: 0, done: 0 };
      for (const { rule, state, count } of counted) if (rule === row.name) counts[state] = Number(count);
      const { breaker_from: _, ...shown } = row;
      return {
        ...shown,
        last_firing: last,
        counts,
        lead: ruleLead(row, counts, last),
        sentence: sentenceOf(row.rule),
      };
    }),
  );
}

export async function summaryOf(reader: Reader, row: FiringRow): Promise<FiringSummary> {
  return summary(row, await listActions(reader, row.id));
}

export async function firingView(reader: Reader, row: FiringRow): Promise<Firing> {
  const actions = await listActions(reader, row.id);
  return {
    ...summary(row, actions),
    condition: row.condition,
    guards: row.guards,
    actions,
    came_of_it: await listConsequences(reader, row.id),
  };
}

function summary(row: FiringRow, actions: Firing['actions']): FiringSummary {
  const { id, project, rule, rule_revision, state, at, fired_at, ended_at, event } = row;
  const facts = { id, project, rule, rule_revision, state, at, fired_at, ended_at, event };
  return { ...facts, urn: firingUrn(id), lead: firingLead(row, actions) };
}
