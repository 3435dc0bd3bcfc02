import type { Tx } from '../../database/index.ts';
import type { RondoEvent } from '../../events/index.ts';
import { parseUrn } from '../../lib/urn.ts';
import { firingUrn, type Parts } from './actions.ts';
import { openBreaker } from './breaker.ts';
import { actionsOf, listActions, setAction } from './store/actions.ts';
import { addConsequence, findFiring, type FiringRow, lockFiring, setFiringState } from './store/firings.ts';

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
const BAD = [
  'failed',
  'cancelled',
  'rejected',
  'refused',
  'void',
  'expired',
  'rolled_back',
  'stopped',
  'lost',
  'dead',
];

/** Whether an event says that the thing it is about has ended, and how: by `data.state`, else by the end of its type. */
export function endingOf(event: { type: string; data: unknown }): 'done' | 'failed' | undefined {
  const { state } = (event.data ?? {}) as { state?: unknown };
  const word = typeof state === 'string' ? state : (event.type.split('.').at(-1) as string);
  if (BAD.includes(word)) return 'failed';
  return GOOD.includes(word) ? 'done' : undefined;
}

/** The firing that an event names as its cause: `data.caused_by`, or `data.reason.cause` of a pipeline run. */
export function causeOf(event: { data: unknown }): number | undefined {
  const data = event.data as { caused_by?: unknown; reason?: { cause?: unknown } | null } | null;
  const named = data?.caused_by ?? data?.reason?.cause;
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
  const { reason, error, sentence } = (event.data ?? {}) as Record<string, unknown>;
  const why = [error, reason, sentence].find((text) => typeof text === 'string') as string | undefined;
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
  if (state === 'failed') await openBreaker(parts, tx, firing);
}
