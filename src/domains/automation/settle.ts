import type { Tx } from '../../database/index.ts';
import type { RondoEvent } from '../../events/index.ts';
import { parseUrn } from '../../lib/urn.ts';
import { firingUrn, type Parts, ruleActor, ruleUrn } from './actions.ts';
import { digestOf } from './compiled-rule.ts';
import { setRuleState, findRule } from './store/rules.ts';
import {
  actionsOf,
  addConsequence,
  failuresInRow,
  findFiring,
  type FiringRow,
  listActions,
  lockFiring,
  setAction,
  setFiringState,
} from './store/firings.ts';

const GOOD = [
  'done',
  'succeeded',
  'finished',
  'completed',
  'approved',
  'promoted',
  'decided',
  'ended',
  'closed',
];
const BAD = ['failed', 'cancelled', 'rejected', 'refused', 'void', 'expired', 'rolled_back', 'lost', 'dead'];

/** Whether an event says that the thing it is about has ended, and how: by `data.state`, else by the end of its type. */
export function endingOf(event: { type: string; data: unknown }): 'done' | 'failed' | undefined {
  const { state } = (event.data ?? {}) as { state?: unknown };
  const word = typeof state === 'string' ? state : (event.type.split('.').at(-1) as string);
  if (BAD.includes(word)) return 'failed';
  return GOOD.includes(word) ? 'done' : undefined;
}

/** The firing that an event names as its cause. */
export function causeOf(event: { data: unknown }): number | undefined {
  const named = (event.data as { caused_by?: unknown } | null)?.caused_by;
  if (typeof named !== 'string' || !named.startsWith('rondo:firing:')) return undefined;
  const id = Number(parseUrn(named).parts[0]);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** Notes an event with the firings it came of, and ends the actions whose thing it ends. */
export async function noteConsequence(parts: Parts, event: RondoEvent): Promise<void> {
  const actions = await actionsOf(parts.database.read, event.subject);
  const cause = causeOf(event);
  const firings = new Set(actions.map((action) => action.firing_id));
  if (cause !== undefined && (await findFiring(parts.database.read, cause))) firings.add(cause);
  const ending = endingOf(event);
  for (const id of firings) {
    await parts.database.write(async (tx) => {
      const firing = await lockFiring(tx, id);
      if (!firing) return;
      const { id: event_id, type, subject, time } = event;
      await addConsequence(tx, id, { event_id, type, subject, time });
      if (!ending) return;
      for (const action of actions) {
        if (action.firing_id === id) await end(tx, action, ending, event);
      }
      await settle(parts, tx, firing);
    });
  }
}

async function end(
  tx: Tx,
  action: { firing_id: number; position: number },
  ending: 'done' | 'failed',
  event: RondoEvent,
): Promise<void> {
  const { reason, error } = (event.data ?? {}) as { reason?: unknown; error?: unknown };
  const why = [reason, error].find((text) => typeof text === 'string') as string | undefined;
  await setAction(tx, action.firing_id, action.position, ['started'], {
    state: ending,
    error: ending === 'failed' ? (why ?? `${event.type} said it failed`) : null,
  });
}

/** Ends a firing once all its actions ended, and opens the breaker after too many failures. `firing` is locked by `tx`. */
export async function settle(parts: Parts, tx: Tx, firing: FiringRow): Promise<void> {
  if (firing.state !== 'started') return;
  const actions = await listActions(tx, firing.id);
  if (actions.some((action) => action.state === 'waiting' || action.state === 'started')) return;
  const state = actions.some((action) => action.state === 'failed') ? 'failed' : 'done';
  await setFiringState(tx, firing.id, state);
  await parts.events.append(tx, {
    type: 'firing.ended',
    source: 'automation',
    subject: firingUrn(firing.id),
    project: firing.project,
    data: { rule: firing.rule, state, error: actions.find((action) => action.error)?.error ?? null },
  });
  if (state === 'failed') await breaker(parts, tx, firing);
}

async function breaker(parts: Parts, tx: Tx, firing: FiringRow): Promise<void> {
  const row = await findRule(tx, firing.project, firing.rule);
  const limit = row?.rule.guard.breaker?.failures;
  if (!row || limit === undefined || row.state === 'open') return;
  if ((await failuresInRow(tx, row.project, row.name, row.breaker_from, limit)) < limit) return;
  const actor = ruleActor(row.name);
  const reason = `${limit} firings in a row failed`;
  const subject = ruleUrn(row.project, row.name);
  await setRuleState(tx, row, ['on', 'paused'], { state: 'open', by: actor.name, reason });
  await parts.approvals.request(tx, actor, {
    project: row.project,
    kind: 'open-breaker',
    subject,
    digest: digestOf(row.rule),
    title: `Let rule ${row.name} run again: ${reason}`,
    payload: { rule: row.name, last_firing: firingUrn(firing.id) },
  });
  await parts.events.append(tx, {
    type: 'rule.breaker_opened',
    source: 'automation',
    subject,
    project: row.project,
    data: { failures: limit, last_firing: firingUrn(firing.id) },
  });
}
