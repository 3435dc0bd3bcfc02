import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { openBlobs } from '../../artifacts/index.ts';
import { createEvents, createSignals, Subscriptions } from '../../events/index.ts';
import { JobWorker } from '../../jobs/index.ts';
import { parseAllowList } from '../../lib/outbound/addresses.ts';
import { createOutbound } from '../../lib/outbound/outbound.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { createLineage } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import { createTracking } from '../tracking/service.ts';
import { startWebhooks } from './jobs.ts';
import type { WebhookEvent } from './schema/webhook.ts';
import { ACTIONS_OF, WEBHOOK_ENTITIES } from './schema/webhook.ts';
import { createRegistry, type RegistryService } from './service.ts';
import { createWebhooks, DELIVER_JOB, type WebhooksService } from './service/webhooks.ts';

const P = 'default';
const ALL: WebhookEvent[] = WEBHOOK_ENTITIES.flatMap((entity) =>
  ACTIONS_OF[entity].map((action) => ({ entity, action })),
);
const PROMPT = { key: 'mlflow.prompt.is_prompt', value: 'true' };

interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  text: string;
}

describe.each(ENGINES)('webhooks on %s', (engine) => {
  let test: TestDatabase;
  let subscriptions: Subscriptions;
  let jobs: JobWorker;
  let registry: RegistryService;
  let webhooks: WebhooksService;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), 'rondo-webhooks-'));
  let received: Received[] = [];
  /** What a path answers, one after the other; 200 when nothing is left. */
  const answers = new Map<string, number[]>();
  const receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({ path, headers: request.headers, text });
      response.writeHead(answers.get(path)?.shift() ?? 200).end('heard');
    });
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    test = await testDatabase(engine);
    const { database } = test;
    const events = await createEvents(database);
    const lineage = createLineage(database);
    const projects = createProjects(database, events);
    const blobs = await openBlobs({ folder });
    const tracking = createTracking({ database, events, signals: createSignals(), blobs, lineage, projects });
    registry = createRegistry({ database, events, blobs, lineage, tracking });
    webhooks = createWebhooks({
      database,
      outbound: createOutbound(parseAllowList('127.0.0.1')),
      tracking,
      backoff: { baseMs: 5, capMs: 5 },
    });
    subscriptions = new Subscriptions(database, events);
    jobs = new JobWorker(database);
    startWebhooks(webhooks, { subscriptions, jobs });
    subscriptions.start();
    jobs.start();
  });
  afterAll(async () => {
    await subscriptions.stop();
    await jobs.stop();
    await test.end();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    for (const { webhook_id } of (await webhooks.listWebhooks(P)).items)
      await webhooks.deleteWebhook(ANONYMOUS, P, webhook_id);
    received = [];
    answers.clear();
  });

  const make = (name: string, more: object = {}) =>
    webhooks.createWebhook(ANONYMOUS, P, { name, url: `${url}/${name}`, events: ALL, ...more });
  async function quiet() {
    await subscriptions.caughtUp();
    for (;;) {
      const { open } = await test.database.read
        .selectFrom('jobs')
        .select((eb) => eb.fn.countAll<number>().as('open'))
        .where('state', 'in', ['queued', 'running'])
        .where('kind', '=', DELIVER_JOB)
        .executeTakeFirstOrThrow();
      if (Number(open) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const bodies = () => received.map(({ text }) => JSON.parse(text) as { entity: string; action: string });
  let count = 0;
  const unique = (name: string) => `${name}-${++count}`;

  it('tells what happened to a model, in the words of MLflow', async () => {
    const name = unique('m');
    await make('all');
    await registry.createModel(ANONYMOUS, P, { name, tags: [{ key: 'a', value: 'b' }] });
    await registry.createVersion(ANONYMOUS, P, name, {
      source: 's3://bucket/model',
      tags: [{ key: 'k', value: 'v' }],
    });
    await registry.setModelTag(ANONYMOUS, P, name, { key: 'unheard', value: 'by webhooks' });
    await registry.setVersionTag(ANONYMOUS, P, name, 1, { key: 'x', value: 'y' });
    await registry.deleteVersionTag(ANONYMOUS, P, name, 1, 'x');
    await registry.setAlias(ANONYMOUS, P, name, 'best', 1);
    await registry.deleteAlias(ANONYMOUS, P, name, 'best');
    await quiet();
    const told = bodies().map(({ entity, action, ...rest }) => [
      `${entity}.${action}`,
      (rest as { data?: unknown }).data,
    ]);
    expect(told).toHaveLength(6);
    expect(Object.fromEntries(told)).toEqual({
      'registered_model.created': { name, tags: { a: 'b' }, description: '' },
      'model_version.created': {
        name,
        version: '1',
        source: 's3://bucket/model',
        run_id: null,
        tags: { k: 'v' },
        description: null,
      },
      'model_version_tag.set': { name, version: '1', key: 'x', value: 'y' },
      'model_version_tag.deleted': { name, version: '1', key: 'x' },
      'model_version_alias.created': { name, alias: 'best', version: '1' },
      'model_version_alias.deleted': { name, alias: 'best' },
    });
    expect(bodies()[0]).toMatchObject({
      workspace: P,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/) as unknown,
    });
  });

  it('tells what happened to a prompt, as of a prompt', async () => {
    const name = unique('p');
    await make('all');
    await registry.createModel(ANONYMOUS, P, { name, tags: [PROMPT, { key: 'a', value: 'b' }] });
    await registry.createVersion(ANONYMOUS, P, name, {
      source: 'prompt-template',
      description: 'first',
      tags: [
        PROMPT,
        { key: '_mlflow_prompt_type', value: 'text' },
        { key: 'mlflow.prompt.text', value: 'Hi {{x}}' },
        { key: 'k', value: 'v' },
      ],
    });
    await registry.setModelTag(ANONYMOUS, P, name, { key: 't', value: '1' });
    await registry.deleteModelTag(ANONYMOUS, P, name, 't');
    await registry.setVersionTag(ANONYMOUS, P, name, 1, { key: 'x', value: 'y' });
    await registry.deleteVersionTag(ANONYMOUS, P, name, 1, 'x');
    await registry.setAlias(ANONYMOUS, P, name, 'best', 1);
    await registry.deleteAlias(ANONYMOUS, P, name, 'best');
    await quiet();
    const told = bodies().map(({ entity, action, ...rest }) => [
      `${entity}.${action}`,
      (rest as { data?: unknown }).data,
    ]);
    expect(told).toHaveLength(8);
    expect(Object.fromEntries(told)).toEqual({
      'prompt.created': { name, tags: { a: 'b' }, description: '' },
      'prompt_version.created': {
        name,
        version: '1',
        template: 'Hi {{x}}',
        tags: { k: 'v' },
        description: 'first',
      },
      'prompt_tag.set': { name, key: 't', value: '1' },
      'prompt_tag.deleted': { name, key: 't' },
      'prompt_version_tag.set': { name, version: '1', key: 'x', value: 'y' },
      'prompt_version_tag.deleted': { name, version: '1', key: 'x' },
      'prompt_alias.created': { name, alias: 'best', version: '1' },
      'prompt_alias.deleted': { name, alias: 'best' },
    });
  });

  it('signs with the secret, which is in no answer, event or delivery', async () => {
    const secret = 'only-the-two-of-us-know';
    const hook = await make('signed', { secret });
    const plain = await make('plain');
    await registry.createModel(ANONYMOUS, P, { name: unique('m') });
    await quiet();
    const { headers, text } = received.find(({ path }) => path === '/signed') as Received;
    const id = String(headers['x-mlflow-delivery-id']);
    const at = String(headers['x-mlflow-timestamp']);
    const signature = createHmac('sha256', secret).update(`${id}.${at}.${text}`).digest('base64');
    expect(headers['x-mlflow-signature']).toBe(`v1,${signature}`);
    expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(600);
    expect(received.find(({ path }) => path === '/plain')?.headers).not.toHaveProperty('x-mlflow-signature');
    const shown = JSON.stringify([
      hook,
      plain,
      await webhooks.listWebhooks(P),
      await webhooks.updateWebhook(ANONYMOUS, P, hook.webhook_id, { secret }),
      await webhooks.listDeliveries(P, hook.webhook_id, 100),
      await test.database.read.selectFrom('events').selectAll().execute(),
      await test.database.read.selectFrom('webhook_deliveries').selectAll().execute(),
      await test.database.read.selectFrom('jobs').selectAll().execute(),
    ]);
    expect(shown).not.toContain(secret);
    await webhooks.updateWebhook(ANONYMOUS, P, hook.webhook_id, { secret: '' });
    received = [];
    await webhooks.testWebhook(ANONYMOUS, P, hook.webhook_id);
    expect(received[0]?.headers).not.toHaveProperty('x-mlflow-signature');
  });

  it('tries again what may pass under the same id, and not what cannot', async () => {
    const flaky = await make('flaky');
    const refusing = await make('refusing');
    answers.set('/flaky', [503, 429, 500]);
    answers.set('/refusing', [404]);
    await registry.createModel(ANONYMOUS, P, { name: unique('m') });
    await quiet();
    const tries = received.filter(({ path }) => path === '/flaky');
    expect(tries).toHaveLength(4);
    expect(new Set(tries.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(1);
    expect(new Set(tries.map(({ text }) => text)).size).toBe(1);
    expect(await webhooks.listDeliveries(P, flaky.webhook_id, 10)).toMatchObject([
      { event: 'registered_model.created', state: 'delivered', attempts: 4, status: 200, next_at: null },
    ]);
    expect(await webhooks.listDeliveries(P, refusing.webhook_id, 10)).toMatchObject([
      { state: 'failed', attempts: 1, status: 404, error: 'The receiver answered 404: heard' },
    ]);
  });

  it('gives up in the end, and one that is down holds up no other', async () => {
    const down = await webhooks.createWebhook(ANONYMOUS, P, {
      name: 'down',
      url: 'http://127.0.0.1:1/x',
      events: ALL,
    });
    const well = await make('well');
    await registry.createModel(ANONYMOUS, P, { name: unique('m') });
    await registry.createModel(ANONYMOUS, P, { name: unique('m') });
    await quiet();
    for (const delivery of await webhooks.listDeliveries(P, down.webhook_id, 10))
      expect(delivery).toMatchObject({
        state: 'failed',
        attempts: 14,
        status: null,
        error: 'The webhook at 127.0.0.1:1 did not answer: ECONNREFUSED.',
      });
    expect(await webhooks.listDeliveries(P, well.webhook_id, 10)).toMatchObject([
      { state: 'delivered', attempts: 1 },
      { state: 'delivered', attempts: 1 },
    ]);
  });

  it('tells only what was asked for, of its own project, while it is active', async () => {
    const some = await make('some', { events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }] });
    await make('disabled', { status: 'DISABLED' });
    const name = unique('m');
    await registry.createModel(ANONYMOUS, P, { name });
    await registry.createVersion(ANONYMOUS, P, name, { source: 's3://bucket/model' });
    await registry.setAlias(ANONYMOUS, P, name, 'best', 1);
    await quiet();
    expect(received.map(({ path }) => path)).toEqual(['/some']);
    await webhooks.updateWebhook(ANONYMOUS, P, some.webhook_id, { status: 'DISABLED' });
    await registry.setAlias(ANONYMOUS, P, name, 'second', 1);
    await quiet();
    expect(received).toHaveLength(1);
    await expect(webhooks.getWebhook('elsewhere', some.webhook_id)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  it('gives an event to a webhook once, and keeps a bounded log', async () => {
    const hook = await make('once', { events: [{ entity: 'MODEL_VERSION_TAG', action: 'SET' }] });
    const name = unique('m');
    await registry.createModel(ANONYMOUS, P, { name });
    await registry.createVersion(ANONYMOUS, P, name, { source: 's3://bucket/model' });
    for (let i = 0; i < 105; i++)
      await registry.setVersionTag(ANONYMOUS, P, name, 1, { key: 'n', value: String(i) });
    await quiet();
    const row = await test.database.read
      .selectFrom('events')
      .selectAll()
      .where('type', '=', 'model.version.tag.set')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    const event = { ...row, id: row.event_id, cursor: '', data: JSON.parse(row.data) as unknown };
    await webhooks.hear(event);
    await quiet();
    expect(received).toHaveLength(105);
    expect(new Set(received.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(105);
    const { kept } = await test.database.read
      .selectFrom('webhook_deliveries')
      .select((eb) => eb.fn.countAll<number>().as('kept'))
      .where('webhook', '=', hook.webhook_id)
      .executeTakeFirstOrThrow();
    expect(Number(kept)).toBe(100);
  });

  it('tests every event with an example', async () => {
    const hook = await make('tested');
    for (const event of ALL)
      expect(await webhooks.testWebhook(ANONYMOUS, P, hook.webhook_id, event)).toEqual({
        success: true,
        response_status: 200,
        response_body: 'heard',
      });
    expect(bodies().map(({ entity, action }) => `${entity}.${action}`)).toEqual(
      ALL.map(({ entity, action }) => `${entity}.${action}`.toLowerCase()),
    );
    answers.set('/tested', [500]);
    expect(await webhooks.testWebhook(ANONYMOUS, P, hook.webhook_id)).toMatchObject({
      success: false,
      response_status: 500,
    });
  });

  it('lists newest first, page by page', async () => {
    for (const name of ['one', 'two', 'three']) await make(name);
    const first = await webhooks.listWebhooks(P, 2);
    const second = await webhooks.listWebhooks(P, 2, first.token);
    expect(second.token).toBeUndefined();
    const names = [...first.items, ...second.items].map(({ name }) => name);
    expect(names.toSorted()).toEqual(['one', 'three', 'two']);
    await expect(webhooks.listWebhooks(P, 1001)).rejects.toThrow('max_results must be between 1 and 1000.');
    await expect(webhooks.listWebhooks(P, 2, 'zzz')).rejects.toThrow('Invalid page token');
  });

  it('refuses what MLflow refuses', async () => {
    const refused = (given: object, message: string) =>
      expect(make('x', given)).rejects.toMatchObject({
        message: expect.stringContaining(message) as unknown,
        status: 400,
      });
    await refused({ name: '-a' }, "Webhook name '-a' is invalid. It must start and end with a letter");
    await refused({ name: 'x'.repeat(64) }, 'is invalid');
    await refused({ events: [] }, 'Webhook events must be a non-empty list of WebhookEvent objects: [].');
    await refused({ url: 'https://10.0.0.1/' }, 'Webhook URL must not resolve to a non-public IP address.');
    await refused(
      { events: [{ entity: 'REGISTERED_MODEL', action: 'DELETED' }] },
      "Invalid action 'deleted' for entity 'registered_model'. Valid actions are: ['created']",
    );
    await expect(webhooks.deleteWebhook(ANONYMOUS, P, 'nope')).rejects.toThrow(
      'Webhook with ID nope not found.',
    );
    expect((await webhooks.listWebhooks(P)).items).toEqual([]);
  });
});
