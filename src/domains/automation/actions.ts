import type { Database } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { AppError, ERRORS, notFound } from '../../lib/errors.ts';
import type { Outbound } from '../../lib/outbound/outbound.ts';
import { type Urn, urn, urnIn } from '../../lib/urn.ts';
import type { ApprovalsService } from '../approvals/service.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import type { ProjectsService } from '../projects/service.ts';
import type { EventFields } from './event-fields.ts';
import type { Action, Rule } from './schema/rule.ts';

/**
 * What rules can do elsewhere, given by the composition root. `causedBy` is the URN of the firing: the events of what is
 * started carry it as `data.caused_by`. `key` is the same when an action is tried again: the same key twice starts one thing.
 */
export interface AutomationActions {
  /** Answers with the URN of the pipeline run. */
  runPipeline(
    actor: Actor,
    project: string,
    name: string,
    params: Record<string, unknown>,
    causedBy: Urn,
    key: string,
  ): Promise<Urn>;
  /** Answers with the URN whose events tell how it ended: the promotion or its approval. */
  requestPromotion(
    actor: Actor,
    project: string,
    model: string,
    version: string,
    to: string,
    causedBy: Urn,
    key: string,
  ): Promise<Urn>;
  startRollout?(
    actor: Actor,
    project: string,
    rollout: { endpoint: string; model: string; version: string; plan: Record<string, unknown> },
    causedBy: Urn,
    key: string,
  ): Promise<Urn>;
  /** Settles when the traffic is back; answers with what serves now. */
  rollBack(actor: Actor, project: string, endpoint: string, causedBy: Urn, key: string): Promise<Urn>;
  /** The newest finished checks of a dataset; with `at` (epoch ms, event time), the newest that were known then. */
  latestChecks(project: string, dataset: string, at?: number): Promise<'passed' | 'failed' | 'unknown'>;
  isRunning(thing: Urn): Promise<boolean>;
}

/** What the verbs of this room stand on. */
export interface Parts {
  database: Database;
  events: Events;
  projects: ProjectsService;
  approvals: ApprovalsService;
  lineage: LineageService;
  actions: AutomationActions;
  /** Types of the fields of events. */
  fields: EventFields;
  /** How webhooks leave. */
  outbound: Outbound;
}

export const ruleUrn = (project: string, name: string): Urn => urnIn(project, 'rule', name);
export const firingUrn = (id: number): Urn => urn('firing', id);
export const ruleActor = (name: string): Actor => systemActor(`rule ${name}`);

export interface Order {
  project: string;
  rule: Rule;
  digest: string;
  firing: number;
  position: number;
  action: Action;
}

/** Does one action. `lasts`: what it began goes on, and an event about `urn` will tell how it ended. */
export async function perform(parts: Parts, order: Order): Promise<{ urn: Urn | null; lasts: boolean }> {
  const { actions } = parts;
  const { project, action } = order;
  const actor = ruleActor(order.rule.name);
  const cause = firingUrn(order.firing);
  const key = `${cause}#${order.position}`;
  switch (action.action) {
    case 'run_pipeline':
      return lasting(actions.runPipeline(actor, project, action.pipeline, action.params, cause, key));
    case 'request_promotion':
      return lasting(
        actions.requestPromotion(actor, project, action.model, String(action.version), action.to, cause, key),
      );
    case 'start_rollout': {
      if (!actions.startRollout)
        throw notFound('A way to start rollouts', 'This server has no rollouts; use request_promotion.');
      const { endpoint, model, plan } = action;
      const rollout = { endpoint, model, version: String(action.version), plan };
      return lasting(actions.startRollout(actor, project, rollout, cause, key));
    }
    case 'roll_back':
      return { urn: await actions.rollBack(actor, project, action.endpoint, cause, key), lasts: false };
    case 'open_approval':
      return lasting(openApproval(parts, order, action.title));
    case 'notify':
      return notify(parts, order, action);
  }
}

async function lasting(begun: Promise<Urn>): Promise<{ urn: Urn; lasts: true }> {
  return { urn: await begun, lasts: true };
}

async function openApproval(parts: Parts, order: Order, title: string): Promise<Urn> {
  const approval = await parts.database.write((tx) =>
    parts.approvals.request(tx, ruleActor(order.rule.name), {
      project: order.project,
      kind: 'rule',
      subject: firingUrn(order.firing),
      digest: order.digest,
      title,
      payload: { rule: order.rule.name, caused_by: firingUrn(order.firing) },
    }),
  );
  return urn('approval', approval.id);
}

async function notify(
  parts: Parts,
  order: Order,
  { text, webhook }: Extract<Action, { action: 'notify' }>,
): Promise<{ urn: null; lasts: false }> {
  const news = { text, project: order.project, rule: order.rule.name, firing: firingUrn(order.firing) };
  if (webhook !== undefined) await post(parts.outbound, webhook, news);
  await parts.database.write((tx) =>
    parts.events.append(tx, {
      type: 'rule.notified',
      source: 'automation',
      subject: ruleUrn(order.project, order.rule.name),
      project: order.project,
      data: { ...news, webhook: webhook === undefined ? null : new URL(webhook).host },
    }),
  );
  return { urn: null, lasts: false };
}

async function post(outbound: Outbound, webhook: string, news: object): Promise<void> {
  const { status } = await outbound.post(webhook, { headers: {}, body: JSON.stringify(news) });
  if (status >= 200 && status < 300) return;
  const refused = status < 500 && status !== 429;
  throw new AppError(
    refused ? ERRORS.UNPROCESSABLE : ERRORS.UNAVAILABLE,
    `The webhook at ${new URL(webhook).host} answered ${status}.`,
    { hint: 'Check the address in the rule.' },
  );
}
