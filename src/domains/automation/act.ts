import type { Tx } from '../../database/index.ts';
import { AppError, toAppError } from '../../lib/errors.ts';
import { type Urn } from '../../lib/urn.ts';
import { firingUrn, type Parts, perform } from './actions.ts';
import { digestOf } from './compiled-rule.ts';
import type { ActionRecord } from './schema/firing.ts';
import { endingOf, noteConsequence, settle } from './settle.ts';
import { listActions, setAction } from './store/actions.ts';
import { findFiring, type FiringRow, lockFiring } from './store/firings.ts';
import { findRule } from './store/rules.ts';

/**
 * Does what a firing decided, action by action; goes on after the last finished one when it is called again.
 * A failure that may pass is thrown unless this is the last attempt; any other ends the firing as failed.
 */
export async function act(parts: Parts, id: number, lastAttempt: boolean): Promise<void> {
  const firing = await findFiring(parts.database.read, id);
  if (!firing || firing.state !== 'started') return;
  const row = await findRule(parts.database.read, firing.project, firing.rule);
  for (const action of await listActions(parts.database.read, id)) {
    if (action.state !== 'waiting') continue;
    try {
      if (!row)
        throw new AppError({ code: 'RULE_UNKNOWN', status: 404 }, 'The rule was removed before it acted.');
      const { project } = firing;
      const digest = digestOf(row.rule);
      const order = {
        project,
        rule: row.rule,
        digest,
        firing: id,
        position: action.position,
        action: action.asked,
      };
      const begun = await perform(parts, order);
      await record(parts, firing, action, begun);
    } catch (thrown) {
      if (mayPass(thrown) && !lastAttempt) throw thrown;
      await parts.database.write((tx) => failFrom(parts, tx, id, action.position, messageOf(thrown)));
      return;
    }
  }
  await parts.database.write(async (tx) => {
    const locked = await lockFiring(tx, id);
    if (locked) await settle(parts, tx, locked);
  });
}

/** Marks an action failed and those after it skipped, and ends the firing unless something it began goes on. */
export async function failFrom(
  parts: Parts,
  tx: Tx,
  id: number,
  position: number,
  error: string,
): Promise<void> {
  const firing = await lockFiring(tx, id);
  if (!firing) return;
  await setAction(tx, id, position, ['waiting'], { state: 'failed', error });
  for (const action of await listActions(tx, id)) {
    if (action.position > position)
      await setAction(tx, id, action.position, ['waiting'], { state: 'skipped' });
  }
  await settle(parts, tx, firing);
}

async function record(
  parts: Parts,
  firing: FiringRow,
  action: ActionRecord,
  begun: { urn: Urn | null; lasts: boolean },
): Promise<void> {
  await parts.database.write(async (tx) => {
    await lockFiring(tx, firing.id);
    await setAction(tx, firing.id, action.position, ['waiting'], {
      state: begun.lasts ? 'started' : 'done',
      urn: begun.urn,
    });
    if (begun.urn !== null)
      await parts.lineage.link(tx, firing.project, begun.urn, 'caused-by', firingUrn(firing.id));
  });
  if (!begun.lasts || begun.urn === null) return;
  // It may have ended before its name was stored; then its event has already gone by.
  const heard = await parts.events.recent({ subject: begun.urn, limit: 100 });
  const ended = heard.find((event) => endingOf(event) !== undefined);
  if (ended) await noteConsequence(parts, ended);
}

function mayPass(thrown: unknown): boolean {
  if (!(thrown instanceof AppError)) return true;
  return thrown.status >= 500 || thrown.status === 429;
}

/** What is stored with the action: our own errors in their words, the rest in its first line. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof AppError) return thrown.message;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text === '' ? toAppError(thrown).message : (text.split('\n')[0] as string).slice(0, 500);
}
