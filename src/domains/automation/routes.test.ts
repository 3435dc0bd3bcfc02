import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestApp, testApp } from '../../../test/harness/app.ts';
import { testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { createEvents, type Events, Subscriptions } from '../../events/index.ts';
import { JobWorker } from '../../jobs/index.ts';
import { createOutbound } from '../../lib/outbound/outbound.ts';
import { notFound } from '../../lib/errors.ts';
import { createApprovals } from '../approvals/service.ts';
import { createLineage } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import type { AutomationActions, Parts } from './actions.ts';
import { EVENT_FIELDS } from './event-fields.ts';
import { startAutomation } from './jobs.ts';
import { automationRoutes } from './routes.ts';
import { createAutomation } from './service.ts';

/** A server without pipelines, releases and serving: rules can notify and ask. */
const alone: AutomationActions = {
  runPipeline: () => Promise.reject(notFound('The pipeline')),
  requestPromotion: () => Promise.reject(notFound('The model')),
  rollBack: () => Promise.reject(notFound('The endpoint')),
  latestChecks: async () => 'unknown',
  isRunning: async () => false,
};

describe('automation over HTTP', () => {
  let test: TestDatabase;
  let app: TestApp;
  let events: Events;
  let subscriptions: Subscriptions;
  let jobs: JobWorker;
  const home = '/api/v1/projects/default';
  const rule = {
    name: 'note-alerts',
    when: { event: 'alert.opened' },
    if: 'data.value > data.limit',
    do: [{ action: 'notify', text: '${data.sentence}' }],
  };

  beforeAll(async () => {
    test = await testDatabase('sqlite');
    const { database } = test;
    events = await createEvents(database);
    const parts: Parts = {
      database,
      events,
      projects: createProjects(database, events),
      approvals: createApprovals(database, events),
      lineage: createLineage(database),
      actions: alone,
      fields: EVENT_FIELDS,
      outbound: createOutbound(),
    };
    const automation = createAutomation(parts);
    subscriptions = new Subscriptions(database, events);
    jobs = new JobWorker(database);
    startAutomation(automation, parts, { subscriptions, jobs });
    subscriptions.start();
    jobs.start();
    app = await testApp(automationRoutes(automation));
  });
  afterAll(async () => {
    await app.end();
    await subscriptions.stop();
    await jobs.stop();
    await test.end();
  });

  it('applies, shows, pauses, resumes and removes rules', async () => {
    const { status, body } = await app.call('PUT', `${home}/rules`, {
      rules: [rule, { ...rule, name: 'other' }],
    });
    expect(status).toBe(200);
    expect(body.rules).toHaveLength(2);
    expect((await app.call('PUT', `${home}/rules?prune=true`, { rules: [rule] })).status).toBe(200);
    expect((await app.call('GET', `${home}/rules`, undefined, { anonymous: true })).body.rules).toMatchObject(
      [
        {
          name: 'note-alerts',
          state: 'on',
          sentence: 'When an alert opens and value is over limit, note it.',
        },
      ],
    );
    expect((await app.call('POST', `${home}/rules/note-alerts/pause`, { reason: 'quiet' })).body.state).toBe(
      'paused',
    );
    expect((await app.call('POST', `${home}/rules/note-alerts/resume`, {})).body.state).toBe('on');
    expect((await app.call('PUT', `${home}/rules/third`, { ...rule, name: 'third' })).body.revision).toBe(1);
    expect((await app.call('DELETE', `${home}/rules/third`)).status).toBe(200);
    expect((await app.call('GET', `${home}/rules/third`)).status).toBe(404);
  });

  it('shows a firing with all of its answers, and backtests by date', async () => {
    const data = {
      value: 0.46,
      limit: 0.44,
      sentence: 'Log loss is 0.46.',
      event_time: Date.UTC(2001, 5, 8),
    };
    await test.database.write((tx) =>
      events.append(tx, {
        type: 'alert.opened',
        source: 'monitoring',
        subject: 'rondo:alert:1',
        project: 'default',
        data,
      }),
    );
    await subscriptions.caughtUp();
    const list = () => app.call('GET', `${home}/firings?rule=note-alerts`, undefined, { anonymous: true });
    for (let i = 0; i < 200 && (await list()).body.firings[0]?.state !== 'done'; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const [{ id }] = (await list()).body.firings as [{ id: number }];
    expect((await app.call('GET', `${home}/firings/${id}`)).body).toMatchObject({
      state: 'done',
      at: data.event_time,
      condition: [{ value: true, values: { 'data.value': 0.46, 'data.limit': 0.44 } }],
      actions: [{ asked: { text: 'Log loss is 0.46.' }, state: 'done' }],
    });
    const span = { from: '2001-06-01', to: '2001-06-30T12:00:00Z' };
    const { body } = await app.call('POST', `${home}/rules/note-alerts/backtest`, {
      ...span,
      rule: { ...rule, if: 'data.value > 0.5' },
    });
    expect(body).toMatchObject({
      now: { heard: 1, would_run: 1 },
      edited: { heard: 1, would_run: 0, not_met: 1 },
      lead: {
        text: 'Now: would run 1 time, held back 0 times, 1 event heard. Edited: would run 0 times, held back 0 times, 1 event heard.',
      },
    });
    expect((await app.call('POST', `${home}/rules/note-alerts/try`, {})).body).toMatchObject({
      would_run: true,
    });
  });

  it.each([
    ['PUT', '/rules/x', rule, 400, 'RULE_NAME_DIFFERS'],
    ['PUT', '/rules/note-alerts', { ...rule, if: 'data.psi > 1' }, 400, 'INVALID'],
    ['PUT', '/rules/note-alerts', { ...rule, surprise: 1 }, 400, 'INVALID'],
    [
      'PUT',
      '/rules/note-alerts',
      { ...rule, do: [{ action: 'notify', webhook: 'file:///etc/passwd', text: 'x' }] },
      400,
      'INVALID',
    ],
    ['POST', '/rules/none/pause', {}, 404, 'RULE_UNKNOWN'],
    ['POST', '/rules/note-alerts/call', {}, 409, 'RULE_NOT_CALLABLE'],
    ['POST', '/rules/note-alerts/backtest', { from: 'June', to: 1 }, 400, 'INVALID'],
    ['POST', '/rules/note-alerts/backtest', { from: 2, to: 1 }, 400, 'INVALID'],
    ['GET', '/firings/999999', undefined, 404, 'FIRING_UNKNOWN'],
  ])('refuses %s %s %j', async (method, path, body, status, code) => {
    const answer = await app.call(method, home + path, body);
    expect(answer).toMatchObject({ status });
    expect(JSON.stringify(answer.body)).toContain(code);
  });

  it('needs a token for everything that changes rules, and is described', async () => {
    for (const [method, path] of [
      ['PUT', '/rules'],
      ['PUT', '/rules/note-alerts'],
      ['DELETE', '/rules/note-alerts'],
      ['POST', '/rules/note-alerts/pause'],
      ['POST', '/rules/note-alerts/resume'],
      ['POST', '/rules/note-alerts/call'],
    ] as const)
      expect((await app.call(method, home + path, {}, { anonymous: true })).status, path).toBe(401);
    const { status, body } = await app.call('GET', '/api/v1/openapi.json');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('backtest');
  });
});
