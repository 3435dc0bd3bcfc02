import type { Tx } from '../../database/index.ts';
import type { RondoEvent } from '../../events/index.ts';
import { firingUrn, type Parts, ruleActor, ruleUrn } from './actions.ts';
import { scheduleNext } from './apply.ts';
import { digestOf } from './compiled-rule.ts';
import { failuresInRow, type FiringRow, newestFiring } from './store/firings.ts';
import { findRule, listRules, type RuleRow, setRuleState } from './store/rules.ts';

/** Stops the rule of a firing that just failed when it was one too many in a row, and asks a person. */
export async function openBreaker(parts: Parts, tx: Tx, firing: FiringRow): Promise<void> {
  const row = await findRule(tx, firing.project, firing.rule);
  const limit = row?.rule.guard.breaker?.failures;
  if (!row || limit === undefined || row.state === 'open') return;
  if ((await failuresInRow(tx, row.project, row.name, row.breaker_from, limit)) < limit) return;
  const actor = ruleActor(row.name);
  const reason = `${limit} firings in a row failed`;
  const subject = ruleUrn(row.project, row.name);
  await setRuleState(tx, row, ['on', 'paused'], { state: 'open', by: actor.name, reason });
  await requestClosing(parts, tx, { ...row, state_reason: reason });
  await parts.events.append(tx, {
    type: 'rule.breaker_opened',
    source: 'automation',
    subject,
    project: row.project,
    data: { failures: limit, last_firing: firingUrn(firing.id) },
  });
}

/** A yes holds for the rule as it was: edited or removed, open requests about it are void, and an edited one asks anew. */
export async function askAgain(parts: Parts, project: string, name: string): Promise<void> {
  const row = await findRule(parts.database.read, project, name);
  const subject = ruleUrn(project, name);
  const open = await parts.approvals.list({ project, subject, states: ['open'] });
  const stale = open.filter((approval) => !row || approval.digest !== digestOf(row.rule));
  if (stale.length === 0) return;
  await parts.database.write(async (tx) => {
    for (const approval of stale)
      await parts.approvals.settle(
        tx,
        approval.id,
        'void',
        row ? 'the rule was edited' : 'the rule was removed',
      );
    if (row?.state === 'open') await requestClosing(parts, tx, row);
  });
}

async function requestClosing(parts: Parts, tx: Tx, row: RuleRow): Promise<void> {
  await parts.approvals.request(tx, ruleActor(row.name), {
    project: row.project,
    kind: 'open-breaker',
    subject: ruleUrn(row.project, row.name),
    digest: digestOf(row.rule),
    title: `Let rule ${row.name} run again: ${row.state_reason}`,
    payload: { rule: row.name, revision: row.revision },
  });
}

/** The rule runs again; its breaker counts from here. */
export async function turnOn(parts: Parts, before: RuleRow, by: string): Promise<void> {
  const { project, name } = before;
  await parts.database.write(async (tx) => {
    const breakerFrom = await newestFiring(tx, project, name);
    const to = { state: 'on', by, reason: null, breakerFrom } as const;
    if (!(await setRuleState(tx, before, ['paused', 'open'], to))) return;
    await scheduleNext(tx, before, Date.now());
    await parts.events.append(tx, {
      type: 'rule.resumed',
      source: 'automation',
      subject: ruleUrn(project, name),
      project,
      data: { by, was: before.state },
    });
  });
}

/** A person's yes to a request of kind `open-breaker` closes the breaker; a no leaves the rule stopped. */
export async function closeBreaker(parts: Parts, event: RondoEvent): Promise<void> {
  const decided = event.data as { id?: number; kind?: string; of?: string; state?: string; reason?: string };
  if (decided.kind !== 'open-breaker' || decided.state !== 'approved' || event.project === null) return;
  const rules = await listRules(parts.database.read, { project: event.project, state: 'open' });
  const stopped = rules.find((each) => ruleUrn(each.project, each.name) === decided.of);
  if (stopped) await turnOn(parts, stopped, decided.reason ?? 'a person');
}
