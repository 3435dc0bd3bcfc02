import type { Reader, Tx } from '../../../database/index.ts';
import type { WebhookEvent, WebhookStatus } from '../schema/webhook.ts';

export interface WebhookRow {
  id: string;
  project: string;
  name: string;
  url: string;
  description: string;
  events: WebhookEvent[];
  status: WebhookStatus;
  created_at: number;
  updated_at: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    webhooks: Omit<WebhookRow, 'events'> & { events: string };
    webhook_secrets: { webhook: string; secret: string };
  }
}

const parse = (row: Omit<WebhookRow, 'events'> & { events: string }): WebhookRow => ({
  ...row,
  events: JSON.parse(row.events) as WebhookEvent[],
});

export async function insertWebhook(tx: Tx, row: WebhookRow): Promise<void> {
  await tx
    .insertInto('webhooks')
    .values({ ...row, events: JSON.stringify(row.events) })
    .execute();
}

export async function findWebhook(
  reader: Reader,
  project: string,
  id: string,
): Promise<WebhookRow | undefined> {
  const row = await reader
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', id)
    .where('project', '=', project)
    .executeTakeFirst();
  return row && parse(row);
}

export async function webhookOf(reader: Reader, id: string): Promise<WebhookRow | undefined> {
  const row = await reader.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
  return row && parse(row);
}

/** Newest first, from behind a row on. */
export async function listWebhooks(
  reader: Reader,
  project: string,
  limit: number,
  behind?: Pick<WebhookRow, 'created_at' | 'id'>,
): Promise<WebhookRow[]> {
  let query = reader
    .selectFrom('webhooks')
    .selectAll()
    .where('project', '=', project)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (behind)
    query = query.where((eb) =>
      eb.or([
        eb('created_at', '<', behind.created_at),
        eb.and([eb('created_at', '=', behind.created_at), eb('id', '<', behind.id)]),
      ]),
    );
  return (await query.execute()).map(parse);
}

export async function activeWebhooks(reader: Reader, project: string): Promise<WebhookRow[]> {
  const rows = await reader
    .selectFrom('webhooks')
    .selectAll()
    .where('project', '=', project)
    .where('status', '=', 'ACTIVE')
    .execute();
  return rows.map(parse);
}

export async function updateWebhook(
  tx: Tx,
  id: string,
  change: Partial<Pick<WebhookRow, 'name' | 'url' | 'description' | 'events' | 'status'>>,
): Promise<void> {
  const { events, ...rest } = change;
  await tx
    .updateTable('webhooks')
    .set({
      ...rest,
      ...(events ? { events: JSON.stringify(events) } : {}),
      updated_at: Date.now(),
    })
    .where('id', '=', id)
    .execute();
}

export async function removeWebhook(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('webhook_deliveries').where('webhook', '=', id).execute();
  await tx.deleteFrom('webhook_secrets').where('webhook', '=', id).execute();
  await tx.deleteFrom('webhooks').where('id', '=', id).execute();
}

/** An empty secret is none. */
export async function putSecret(tx: Tx, webhook: string, secret: string): Promise<void> {
  await tx.deleteFrom('webhook_secrets').where('webhook', '=', webhook).execute();
  if (secret !== '') await tx.insertInto('webhook_secrets').values({ webhook, secret }).execute();
}

/** For the signature, and for nothing else. */
export async function secretOf(reader: Reader, webhook: string): Promise<string | undefined> {
  const row = await reader
    .selectFrom('webhook_secrets')
    .select('secret')
    .where('webhook', '=', webhook)
    .executeTakeFirst();
  return row?.secret;
}
