import { randomUUID } from 'node:crypto';
import type { Database } from '../../../database/index.ts';
import type { RondoEvent } from '../../../events/index.ts';
import { enqueue, type JobOutcome } from '../../../jobs/index.ts';
import { AppError } from '../../../lib/errors.ts';
import type { Outbound } from '../../../lib/outbound/outbound.ts';
import { type Backoff, backoffDelay } from '../../../lib/retry.ts';
import type { Actor } from '../../identity/schema.ts';
import type { Page } from '../../tracking/schema.ts';
import type { TrackingService } from '../../tracking/service.ts';
import { absent, badParameter } from '../errors.ts';
import { combinationFault, webhookNameFault } from '../policy.ts';
import type { Delivery, Webhook, WebhookEvent, WebhookStatus, WebhookTestResult } from '../schema/webhook.ts';
import {
  findDelivery,
  insertDelivery,
  listDeliveries,
  trimDeliveries,
  updateDelivery,
} from '../store/deliveries.ts';
import {
  activeWebhooks,
  findWebhook,
  insertWebhook,
  listWebhooks,
  putSecret,
  removeWebhook,
  secretOf,
  updateWebhook,
  webhookOf,
  type WebhookRow,
} from '../store/webhooks.ts';
import { eventName, exampleBody, headersOf, messageOf } from '../webhook-message.ts';

export const DELIVER_JOB = 'registry.webhook';

export interface WebhookGround {
  database: Database;
  outbound: Outbound;
  tracking: Pick<TrackingService, 'assertProject'>;
  /** How long a failed attempt waits for the next one. */
  backoff?: Backoff;
}

export interface WebhookChange {
  name?: string | undefined;
  url?: string | undefined;
  events?: readonly WebhookEvent[] | undefined;
  description?: string | undefined;
  secret?: string | undefined;
  status?: WebhookStatus | undefined;
}

/** With the waits below, about two hours. */
const ATTEMPTS = 14;
const BACKOFF: Backoff = { baseMs: 2000, capMs: 3_600_000 };
/** Deliveries that are kept of each webhook. */
const KEPT = 100;
const ERROR_LENGTH = 500;

/** Events of the registry posted to addresses: durable, at least once, each webhook by itself. */
export function createWebhooks({ database, outbound, tracking, backoff = BACKOFF }: WebhookGround) {
  async function find(project: string, id: string): Promise<WebhookRow> {
    const row = await findWebhook(database.read, project, id);
    if (row) return row;
    throw absent(`Webhook with ID ${id} not found.`);
  }

  async function check({ name, url, events }: WebhookChange): Promise<void> {
    for (const event of events ?? []) {
      const fault = combinationFault(event);
      if (fault) throw badParameter(fault);
    }
    const fault = name === undefined ? undefined : webhookNameFault(name);
    if (fault) throw badParameter(fault);
    if (url !== undefined) await outbound.check(url);
  }

  async function post(row: WebhookRow, id: string, body: string, signal?: AbortSignal) {
    const headers = headersOf(id, body, await secretOf(database.read, row.id));
    return outbound.post(row.url, { headers, body, ...(signal ? { signal } : {}) });
  }

  return {
    async createWebhook(
      _actor: Actor,
      project: string,
      given: WebhookChange & { name: string; url: string; events: readonly WebhookEvent[] },
    ): Promise<Webhook> {
      await tracking.assertProject(project);
      await check(given);
      if (given.events.length === 0)
        throw badParameter('Webhook events must be a non-empty list of WebhookEvent objects: [].');
      const now = Date.now();
      const row: WebhookRow = {
        id: randomUUID(),
        project,
        name: given.name,
        url: given.url,
        description: given.description ?? '',
        events: inOrder(given.events),
        status: given.status ?? 'ACTIVE',
        created_at: now,
        updated_at: now,
      };
      await database.write(async (tx) => {
        await insertWebhook(tx, row);
        await putSecret(tx, row.id, given.secret ?? '');
      });
      return toWebhook(row);
    },

    getWebhook: async (project: string, id: string): Promise<Webhook> => toWebhook(await find(project, id)),

    async listWebhooks(project: string, wanted = 0, token?: string): Promise<Page<Webhook>> {
      const limit = wanted === 0 ? 100 : wanted;
      if (limit < 1 || limit > 1000) throw badParameter('max_results must be between 1 and 1000.');
      const rows = await listWebhooks(database.read, project, limit + 1, token ? placeOf(token) : undefined);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(toWebhook),
        token: rows.length > limit && last ? tokenOf(last) : undefined,
      };
    },

    /** What is not given stays; an empty secret takes the signature away, an empty list of events changes nothing. */
    async updateWebhook(_actor: Actor, project: string, id: string, given: WebhookChange): Promise<Webhook> {
      await find(project, id);
      const name = given.name || undefined;
      const url = given.url || undefined;
      await check({ ...given, name, url });
      await database.write(async (tx) => {
        await updateWebhook(tx, id, {
          ...(name === undefined ? {} : { name }),
          ...(url === undefined ? {} : { url }),
          ...(given.description === undefined ? {} : { description: given.description }),
          ...(given.events && given.events.length > 0 ? { events: inOrder(given.events) } : {}),
          ...(given.status === undefined ? {} : { status: given.status }),
        });
        if (given.secret !== undefined) await putSecret(tx, id, given.secret);
      });
      return toWebhook(await find(project, id));
    },

    async deleteWebhook(_actor: Actor, project: string, id: string): Promise<void> {
      await find(project, id);
      await database.write((tx) => removeWebhook(tx, id));
    },

    /** Posts an example of the event, or of the first one that the webhook hears, and says what came back. */
    async testWebhook(
      _actor: Actor,
      project: string,
      id: string,
      wanted?: WebhookEvent,
    ): Promise<WebhookTestResult> {
      const fault = wanted && combinationFault(wanted);
      if (fault) throw badParameter(fault);
      const row = await find(project, id);
      const event = wanted ?? (row.events[0] as WebhookEvent);
      try {
        const answer = await post(row, randomUUID(), exampleBody(event, project));
        return {
          success: isDone(answer.status),
          response_status: answer.status,
          response_body: answer.body,
        };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { success: false, error_message: `Failed to test webhook: ${error.message}` };
      }
    },

    async listDeliveries(project: string, id: string, limit: number): Promise<Delivery[]> {
      await find(project, id);
      return listDeliveries(database.read, id, limit);
    },

    /** Files the event for every webhook that hears it. */
    async hear(event: RondoEvent): Promise<void> {
      const message = messageOf(event);
      if (!message || event.project === null) return;
      const name = eventName(message.event);
      const hooks = await activeWebhooks(database.read, event.project);
      const hearing = hooks.filter((hook) => hook.events.some((each) => eventName(each) === name));
      if (hearing.length === 0) return;
      await database.write(async (tx) => {
        for (const hook of hearing) {
          if (!(await webhookOf(tx, hook.id))) continue;
          const row = { id: randomUUID(), webhook: hook.id, event: name, event_id: event.id };
          if (await insertDelivery(tx, { ...row, body: message.body }))
            await enqueue(tx, jobOf(hook, row.id));
        }
      });
    },

    /** One attempt of a delivery. What it came to is written with the end of the job, and the next attempt with it. */
    async deliver(id: string, signal: AbortSignal): Promise<JobOutcome> {
      const delivery = await findDelivery(database.read, id);
      const hook = delivery && (await webhookOf(database.read, delivery.webhook));
      if (!delivery || !hook || delivery.state !== 'waiting') return;
      const attempts = delivery.attempts + 1;
      const { status, error, retry } = await attempt(hook, delivery.id, delivery.body, signal);
      const now = Date.now();
      const wait =
        retry === false || attempts >= ATTEMPTS ? undefined : (retry ?? backoffDelay(attempts, backoff));
      return {
        async write(tx) {
          await updateDelivery(tx, id, {
            state: error === null ? 'delivered' : wait === undefined ? 'failed' : 'waiting',
            attempts,
            status,
            error,
            next_at: wait === undefined ? null : now + wait,
            ended_at: wait === undefined ? now : null,
          });
          if (wait !== undefined) await enqueue(tx, { ...jobOf(hook, id), runAt: now + wait });
          else await trimDeliveries(tx, hook.id, KEPT);
        },
      };
    },
  };

  /** `retry`: false for no further attempt, or how long the receiver asks to wait. */
  async function attempt(
    hook: WebhookRow,
    id: string,
    body: string,
    signal: AbortSignal,
  ): Promise<{ status: number | null; error: string | null; retry: number | false | undefined }> {
    if (hook.status !== 'ACTIVE')
      return { status: null, error: 'The webhook was disabled before it was delivered.', retry: false };
    try {
      const answer = await post(hook, id, body, signal);
      const { status } = answer;
      if (isDone(status)) return { status, error: null, retry: false };
      const error = `The receiver answered ${status}: ${answer.body}`.slice(0, ERROR_LENGTH);
      if (status !== 429 && status < 500) return { status, error, retry: false };
      const asked = answer.retryAfterMs;
      return { status, error, retry: asked && Math.min(asked, BACKOFF.capMs ?? asked) };
    } catch (thrown) {
      // A server that ends gives the attempt back; the next one makes it.
      if (signal.aborted || !(thrown instanceof AppError)) throw thrown;
      const passing = thrown.status >= 500;
      return { status: null, error: thrown.message, retry: passing ? undefined : false };
    }
  }
}

export type WebhooksService = ReturnType<typeof createWebhooks>;

/** One attempt at a time per webhook, so that a slow one holds up no other. */
const jobOf = (hook: WebhookRow, delivery: string) => ({
  kind: DELIVER_JOB,
  project: hook.project,
  payload: { delivery },
  concurrencyKey: `webhook ${hook.id}`,
});

const isDone = (status: number) => status >= 200 && status < 300;

/** Each once, in the order of the words. */
function inOrder(events: readonly WebhookEvent[]): WebhookEvent[] {
  const byName = new Map(events.map((event) => [eventName(event), event]));
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => event);
}

const toWebhook = (row: WebhookRow): Webhook => ({
  webhook_id: row.id,
  name: row.name,
  url: row.url,
  events: row.events,
  ...(row.description === '' ? {} : { description: row.description }),
  status: row.status,
  creation_timestamp: row.created_at,
  last_updated_timestamp: row.updated_at,
});

const tokenOf = ({ created_at, id }: WebhookRow): string =>
  Buffer.from(JSON.stringify([created_at, id])).toString('base64url');

function placeOf(token: string): Pick<WebhookRow, 'created_at' | 'id'> {
  try {
    const [created_at, id] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (typeof created_at === 'number' && typeof id === 'string') return { created_at, id };
  } catch {
    // Falls through to the refusal.
  }
  throw badParameter('Invalid page token, could not base64-decode');
}
