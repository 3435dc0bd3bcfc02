import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { createEvents, type Events, Subscriptions } from '../../events/index.ts';
import { JobWorker } from '../../jobs/index.ts';
import { AppError, ERRORS, invalid } from '../../lib/errors.ts';
import { parseAllowList } from '../../lib/outbound/addresses.ts';
import { createOutbound } from '../../lib/outbound/outbound.ts';
import { type Urn, urn } from '../../lib/urn.ts';
import { type ApprovalsService, createApprovals } from '../approvals/service.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import { createLineage, type LineageService } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import type { AutomationActions, Parts } from './actions.ts';
import { EVENT_FIELDS } from './event-fields.ts';
import { startAutomation } from './jobs.ts';
import { resolveAutomation } from './resolver.ts';
import { Rule } from './schema/rule.ts';
import { type AutomationService, createAutomation } from './service.ts';

const person: Actor = { kind: 'user', name: 'ana', role: 'operator', projects: {} };
const P = 'default';
const DAY = 86_400_000;
const JUNE = Date.UTC(2001, 5, 1);

/** The rooms to the left, as far as rules see them: runs that start, go on and end, told by events. */
class Workshop implements AutomationActions {
  readonly runs = new Map<
    string,
    { actor: string; params: Record<string, unknown>; causedBy: Urn; urn: Urn }
  >();
  readonly running = new Set<string>();
  readonly checks: { dataset: string; at: number; outcome: 'passed' | 'failed' }[] = [];
  /** Thrown by the next starts, one each. */
  readonly troubles: Error[] = [];
  readonly endAtOnce = new Set<string>();
  readonly #write: (type: string, subject: string, data: object) => Promise<void>;

  constructor(write: (type: string, subject: string, data: object) => Promise<void>) {
    this.#write = write;
  }

  async runPipeline(
    actor: Actor,
    _: string,
    name: string,
    params: Record<string, unknown>,
    causedBy: Urn,
    key: string,
  ) {
    const trouble = this.troubles.shift();
    if (trouble) throw trouble;
    const known = this.runs.get(key);
    if (known) return known.urn;
    const run = urn('pipeline-run', `${name}-${this.runs.size + 1}`);
    this.runs.set(key, { actor: actor.name, params, causedBy, urn: run });
    this.running.add(run);
    if (this.endAtOnce.has(name)) await this.end(run, 'done');
    return run;
  }

  async end(run: string, state: 'done' | 'failed', error?: string) {
    this.running.delete(run);
    const caused_by = [...this.runs.values()].find((each) => each.urn === run)?.causedBy;
    await this.#write('pipeline.run.ended', run, { state, caused_by, ...(error ? { error } : {}) });
  }

  async requestPromotion(_: Actor, __: string, model: string, version: string, to: string) {
    return urn('promotion', `${model}-${version}-${to}`);
  }

  async rollBack(_: Actor, __: string, endpoint: string) {
    return urn('deployment', endpoint, 1);
  }

  async latestChecks(_: string, dataset: string, at = Number.POSITIVE_INFINITY) {
    return this.checks.findLast((check) => check.dataset === dataset && check.at <= at)?.outcome ?? 'unknown';
  }

  async isRunning(thing: Urn) {
    return this.running.has(thing);
  }
}

const rule = (name: string, over: object = {}): Rule =>
  Rule.parse({
    name,
    when: { event: `${name}.opened`, fields: { metric: 'string', skill: 'double', n: 'int' } },
    do: [{ action: 'run_pipeline', pipeline: `train-${name}`, params: { cause: '${subject}' } }],
    ...over,
  });

describe.each(ENGINES)('automation on %s', (engine) => {
  let test: TestDatabase;
  let events: Events;
  let subscriptions: Subscriptions;
  let jobs: JobWorker;
  let approvals: ApprovalsService;
  let lineage: LineageService;
  let workshop: Workshop;
  let parts: Parts;
  let automation: AutomationService;
  let delivered: { path: string; body: unknown }[] = [];
  let answer = 200;
  const hook = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      delivered.push({ path: request.url ?? '', body: JSON.parse(text) as unknown });
      response.writeHead(answer).end();
    });
  });

  const happen = (type: string, subject: string, data: object = {}) =>
    test.database.write((tx) => events.append(tx, { type, source: 'elsewhere', subject, project: P, data }));
  /** All events heard, all that they made rules do done. */
  async function quiet() {
    for (;;) {
      await subscriptions.caughtUp();
      const { open } = await test.database.read
        .selectFrom('jobs')
        .select((eb) => eb.fn.countAll<number>().as('open'))
        .where('state', 'in', ['queued', 'running'])
        .where('kind', '=', 'automation.act')
        .executeTakeFirstOrThrow();
      if (Number(open) === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await subscriptions.caughtUp();
  }
  const firingsOf = async (name: string) => {
    const summaries = await automation.firings(P, { rule: name, limit: 100 });
    return Promise.all(summaries.toReversed().map((each) => automation.firing(P, each.id)));
  };

  beforeAll(async () => {
    test = await testDatabase(engine);
    events = await createEvents(test.database);
    subscriptions = new Subscriptions(test.database, events);
    jobs = new JobWorker(test.database);
    approvals = createApprovals(test.database, events);
    lineage = createLineage(test.database);
    workshop = new Workshop(happen);
    const projects = createProjects(test.database, events);
    parts = {
      database: test.database,
      events,
      projects,
      approvals,
      lineage,
      actions: workshop,
      fields: EVENT_FIELDS,
      outbound: createOutbound(parseAllowList('127.0.0.1')),
    };
    automation = createAutomation(parts);
    resolveAutomation(test.database, lineage);
    startAutomation(automation, parts, { subscriptions, jobs });
    subscriptions.start();
    jobs.start();
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => hook.close(resolve));
    await subscriptions.stop();
    await jobs.stop();
    await test.end();
  });

  it('fires once per event, explains why, names its cause, and says what came of it', async () => {
    await automation.apply(person, P, [
      rule('decay', { if: "data.metric == 'skill' && data.skill < 0.02", guard: { single_flight: true } }),
    ]);
    await happen('decay.opened', 'rondo:alert:1', { metric: 'skill', skill: 0.5 });
    await happen('decay.opened', 'rondo:alert:2', { metric: 'skill', skill: 0.01 });
    await quiet();
    const [fired, ...more] = await firingsOf('decay');
    expect(more).toEqual([]);
    expect(fired).toMatchObject({
      state: 'started',
      event: { subject: 'rondo:alert:2' },
      condition: [
        { expression: "data.metric == 'skill'", value: true, values: { 'data.metric': 'skill' } },
        { expression: 'data.skill < 0.02', value: true, values: { 'data.skill': 0.01 } },
      ],
      guards: [{ guard: 'single_flight', passed: true }],
      actions: [{ state: 'started', urn: 'rondo:pipeline-run:train-decay-1' }],
    });
    expect([...workshop.runs.values()]).toEqual([
      expect.objectContaining({
        actor: 'rule decay',
        params: { cause: 'rondo:alert:2' },
        causedBy: fired?.urn,
      }),
    ]);
    for (const event of await events.recent({ types: ['decay.opened'] })) await automation.handle(event);
    await quiet();
    expect(workshop.runs.size).toBe(1);

    await happen('model.version.created', 'rondo:model-version:m/2', { caused_by: fired?.urn });
    await workshop.end('rondo:pipeline-run:train-decay-1', 'done');
    await quiet();
    const [done] = await firingsOf('decay');
    expect(done).toMatchObject({ state: 'done', actions: [{ state: 'done' }] });
    expect(done?.came_of_it.map((each) => each.type)).toEqual([
      'model.version.created',
      'pipeline.run.ended',
    ]);
    const graph = await lineage.walk('rondo:pipeline-run:train-decay-1', { direction: 'up' });
    expect(graph.links.map((link) => `${link.relation} ${link.to}`)).toEqual(
      expect.arrayContaining([
        `caused-by ${fired?.urn}`,
        'caused-by rondo:alert:2',
        'part-of rondo:rule:decay',
      ]),
    );
    expect(graph.gaps.filter(({ urn: of }) => /rondo:(rule|firing):/.test(of))).toEqual([]);
    expect((await automation.get(P, 'decay')).lead.text).toMatch(/^On, ran 1 time in 90 d, last fired 20/);
  });

  it('is held back by its guards in event time, and stores which one said no', async () => {
    await automation.apply(person, P, [
      rule('guarded', {
        guard: {
          cooldown: '6h',
          max_per_day: 2,
          single_flight: true,
          veto: { while_failed_checks: 'flights' },
        },
      }),
    ]);
    const open = async (hour: number) => {
      await happen('guarded.opened', `rondo:alert:g${hour}`, { event_time: JUNE + hour * 3_600_000 });
      await quiet();
    };
    await open(0);
    await open(7);
    await workshop.end('rondo:pipeline-run:train-guarded-2', 'done');
    await open(8);
    await workshop.end('rondo:pipeline-run:train-guarded-3', 'done');
    await open(10);
    workshop.checks.push({ dataset: 'flights', at: JUNE, outcome: 'failed' });
    await open(40);
    const firings = await firingsOf('guarded');
    const said = firings.map((each) => each.guards.filter((one) => !one.passed).map((one) => one.guard));
    expect(said).toEqual([[], ['single_flight'], [], ['cooldown', 'max_per_day'], ['veto']]);
    expect(firings.map((each) => each.state)).toEqual([
      'done',
      'held_back',
      'done',
      'held_back',
      'held_back',
    ]);
    expect(firings.at(-1)?.lead.text).toBe(
      'Held back by veto after guarded opened of g40: the latest checks of flights failed.',
    );
    workshop.checks.length = 0;
  });

  it('tries again what may pass, and not what cannot; skips the actions behind a failure', async () => {
    await automation.apply(person, P, [
      rule('flaky', {
        do: [
          { action: 'run_pipeline', pipeline: 'train-flaky', params: {} },
          { action: 'notify', text: 'training after ${type}' },
        ],
      }),
    ]);
    workshop.endAtOnce.add('train-flaky');
    workshop.troubles.push(new AppError(ERRORS.UNAVAILABLE, 'The orchestrator is starting.'));
    await happen('flaky.opened', 'rondo:alert:f1');
    await quiet();
    expect((await firingsOf('flaky')).map((each) => each.state)).toEqual(['done']);
    const [told] = await events.recent({ types: ['rule.notified'] });
    expect(told?.data).toMatchObject({ text: 'training after flaky.opened', rule: 'flaky' });
    workshop.troubles.push(invalid('Pipeline train-flaky takes no such parameter.'));
    await happen('flaky.opened', 'rondo:alert:f2');
    await quiet();
    const [, second] = await firingsOf('flaky');
    expect(second?.state).toBe('failed');
    expect(second?.actions.map((action) => [action.state, action.error])).toEqual([
      ['failed', 'Pipeline train-flaky takes no such parameter.'],
      ['skipped', null],
    ]);
  });

  it('stops after failures in a row until a person lets it run again', async () => {
    await automation.apply(person, P, [rule('broken', { guard: { breaker: { failures: 2 } } })]);
    const openAndFail = async (times: number) => {
      for (let i = 0; i < times; i++) {
        await happen('broken.opened', 'rondo:alert:b');
        await quiet();
        const newest = (await firingsOf('broken')).at(-1);
        const run = newest?.actions[0]?.urn;
        if (newest?.state === 'started' && run) await workshop.end(run, 'failed', 'out of memory');
        await quiet();
      }
    };
    await openAndFail(4);
    const failed = await firingsOf('broken');
    expect(failed.map((each) => [each.state, each.actions[0]?.error])).toEqual([
      ['failed', 'out of memory'],
      ['failed', 'out of memory'],
    ]);
    const stopped = await automation.get(P, 'broken');
    expect(stopped).toMatchObject({ state: 'open', state_reason: '2 firings in a row failed' });
    await expect(automation.resume(systemActor('rule other'), P, 'broken')).rejects.toMatchObject({
      code: 'RULE_BREAKER_OPEN',
    });
    const [asked] = await approvals.list({
      project: P,
      subject: 'rondo:rule:broken',
      states: ['open'],
    });
    expect(asked).toMatchObject({
      kind: 'open-breaker',
      title: 'Let rule broken run again: 2 firings in a row failed',
    });
    await approvals.vote(person, asked?.id ?? 0, { yes: true, comment: '', digest: asked?.digest ?? '' });
    await quiet();
    expect((await automation.get(P, 'broken')).state).toBe('on');
    await openAndFail(1);
    expect((await automation.get(P, 'broken')).state).toBe('on');
    await openAndFail(1);
    expect((await automation.get(P, 'broken')).state).toBe('open');
    const edited = rule('broken', { title: 'Edited', guard: { breaker: { failures: 2 } } });
    expect((await automation.apply(person, P, [edited]))[0]?.state).toBe('open');
    const requests = await approvals.list({ project: P, subject: 'rondo:rule:broken' });
    expect(requests.map((each) => each.state)).toEqual(['open', 'void', 'approved']);
    expect(requests[0]?.digest).not.toBe(requests[1]?.digest);
    expect((await automation.resume(person, P, 'broken')).state).toBe('on');
    expect(await approvals.list({ project: P, states: ['open'], subject: 'rondo:rule:broken' })).toEqual([]);
  });

  it('pauses and resumes in one call each, keeps that when applied again, and counts no save without change', async () => {
    const first = rule('paused', {});
    expect((await automation.apply(person, P, [first]))[0]).toMatchObject({ revision: 1, state: 'on' });
    expect((await automation.apply(person, P, [first]))[0]?.revision).toBe(1);
    await automation.pause(person, P, 'paused', 'night shift');
    await happen('paused.opened', 'rondo:alert:p');
    await quiet();
    expect(await firingsOf('paused')).toEqual([]);
    const [again] = await automation.apply(person, P, [{ ...first, title: 'Other' }]);
    expect(again).toMatchObject({ revision: 2, state: 'paused', state_reason: 'night shift' });
    expect(again?.lead.text).toBe('Paused, has not run in 90 d. Paused by ana: night shift.');
    await automation.resume(person, P, 'paused');
    await happen('paused.opened', 'rondo:alert:p');
    await quiet();
    expect(await firingsOf('paused')).toHaveLength(1);
    await automation.remove(person, P, 'paused');
    await expect(automation.get(P, 'paused')).rejects.toMatchObject({ code: 'RULE_UNKNOWN' });
    expect((await automation.apply(person, P, [first]))[0]?.revision).toBe(3);
  });

  it('takes the triggers of an applied pipeline, follows them, and refuses to change them by file', async () => {
    const pipeline = urn('pipeline', 'nightly');
    const trigger = {
      name: 'fresh-data',
      when: { kind: 'event', type: 'fresh.opened' },
      params: { of: '{{ event.subject }}' },
    };
    await happen('pipeline.applied', pipeline, {
      triggers: [trigger, { when: { kind: 'webhook' } }, { when: 1 }],
    });
    await quiet();
    const rules = (await automation.list(P)).filter((each) => each.origin === pipeline);
    expect(rules.map((each) => each.name)).toEqual(['fresh-data', 'nightly.2']);
    expect((await events.recent({ types: ['rule.refused'] })).map((each) => each.subject)).toEqual([
      pipeline,
    ]);
    await happen('fresh.opened', 'rondo:dataset-version:d/4');
    await automation.call(person, P, 'nightly.2', { why: 'by hand' });
    await quiet();
    expect((await firingsOf('fresh-data'))[0]?.actions[0]?.asked).toMatchObject({
      params: { of: 'rondo:dataset-version:d/4' },
    });
    expect((await firingsOf('nightly.2'))[0]?.event.data).toEqual({ why: 'by hand', called_by: 'ana' });
    await expect(automation.apply(person, P, [rule('fresh-data')])).rejects.toMatchObject({
      code: 'RULE_FROM_PIPELINE',
    });
    await happen('pipeline.applied', pipeline, { triggers: [] });
    await quiet();
    expect((await automation.list(P)).filter((each) => each.origin === pipeline)).toEqual([]);
  });

  it('comes due on a schedule, and not any more once paused', async () => {
    await automation.apply(person, P, [
      rule('every-second', { when: { schedule: '* * * * * *' }, do: [{ action: 'notify', text: 'due' }] }),
    ]);
    for (let i = 0; i < 100 && (await firingsOf('every-second')).length < 2; i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    await automation.pause(person, P, 'every-second');
    await quiet();
    const fired = await firingsOf('every-second');
    expect(fired.length).toBeGreaterThanOrEqual(2);
    const due = fired.map((each) => (each.event.data as { due_at: number }).due_at);
    expect(new Set(due).size).toBe(due.length);
    expect(await automation.get(P, 'every-second')).toMatchObject({ state: 'paused', next_due: null });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await quiet();
    expect(await firingsOf('every-second')).toHaveLength(fired.length);
  });

  it('delivers to a webhook, and fails when that refuses', async () => {
    delivered = [];
    const webhook = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/in`;
    await automation.apply(person, P, [
      rule('told', { do: [{ action: 'notify', webhook, text: 'n is ${data.n}' }] }),
    ]);
    await happen('told.opened', 'rondo:alert:t', { n: 3 });
    await quiet();
    expect(delivered).toEqual([
      { path: '/in', body: expect.objectContaining({ text: 'n is 3', rule: 'told' }) as unknown },
    ]);
    answer = 404;
    await happen('told.opened', 'rondo:alert:t', { n: 4 });
    await happen('told.opened', 'rondo:alert:t', {});
    await quiet();
    const [, refused, absent] = await firingsOf('told');
    expect(refused?.actions[0]?.error).toBe('The webhook at ' + new URL(webhook).host + ' answered 404.');
    expect(absent).toMatchObject({
      state: 'failed',
      actions: [{ error: '${data.n} has no value in this event.' }],
    });
    expect(delivered).toHaveLength(2);
  });

  it('takes no webhook to where only this server can reach', async () => {
    await automation.apply(person, P, [
      rule('inward', { do: [{ action: 'notify', webhook: 'https://10.0.0.1/in', text: 'hello' }] }),
    ]);
    await happen('inward.opened', 'rondo:alert:i');
    await quiet();
    const [firing] = await firingsOf('inward');
    expect(firing).toMatchObject({
      state: 'failed',
      actions: [{ error: expect.stringContaining('non-public IP address') as unknown }],
    });
  });

  it('asks a person when told to, and the answer ends the firing', async () => {
    await automation.apply(person, P, [
      rule('asking', { do: [{ action: 'open_approval', title: 'Look at ${subject}' }] }),
    ]);
    await happen('asking.opened', 'rondo:alert:a');
    await quiet();
    const [open] = await approvals.list({ project: P, states: ['open'] });
    expect(open).toMatchObject({ kind: 'rule', title: 'Look at rondo:alert:a', requested_by: 'rule asking' });
    await approvals.vote(person, open?.id ?? 0, { yes: false, comment: 'no', digest: open?.digest ?? '' });
    await quiet();
    expect((await firingsOf('asking'))[0]).toMatchObject({
      state: 'failed',
      actions: [{ error: 'rejected by ana: no' }],
    });
  });

  it('cannot start itself for ever', async () => {
    await automation.apply(person, P, [
      rule('loop', {
        when: { event: ['loop.opened', 'pipeline.run.ended'] },
        if: "subject.startsWith('rondo:pipeline-run:train-loop') || type == 'loop.opened'",
      }),
    ]);
    workshop.endAtOnce.add('train-loop');
    await happen('loop.opened', 'rondo:alert:l');
    await quiet();
    const firings = await firingsOf('loop');
    expect(firings.map((each) => each.state)).toEqual(['done', 'done', 'done', 'done', 'done', 'held_back']);
    expect(firings.at(-1)?.guards).toEqual([expect.objectContaining({ guard: 'chain', passed: false })]);
    await automation.remove(person, P, 'loop');
  });

  it('backtests to what it really did, and shows an edited rule beside it', async () => {
    const guard = { cooldown: '2d', max_per_day: 1, veto: { while_failed_checks: 'rows' } };
    await automation.apply(person, P, [rule('tested', { if: 'data.skill < 0.02', guard })]);
    workshop.endAtOnce.add('train-tested');
    const days = [0, 1, 2, 3, 5, 5.5, 9, 12];
    for (const [index, day] of days.entries()) {
      if (day === 9) workshop.checks.push({ dataset: 'rows', at: JUNE + 8 * DAY, outcome: 'failed' });
      if (day === 12) workshop.checks.push({ dataset: 'rows', at: JUNE + 10 * DAY, outcome: 'passed' });
      const skill = index % 4 === 1 ? 0.5 : 0.01;
      await happen('tested.opened', `rondo:alert:day-${day}`, { skill, event_time: JUNE + day * DAY });
      await quiet();
    }
    const span = { from: JUNE, to: JUNE + 30 * DAY };
    const edited = rule('tested', { if: 'data.skill < 0.02', guard: { veto: guard.veto } });
    const report = await automation.backtest(P, 'tested', { ...span, rule: edited });
    const real = (await firingsOf('tested')).map((each) => [each.event.subject, each.state === 'held_back']);
    const said = report.now?.entries
      .filter((entry) => entry.verdict !== 'not_met')
      .map((entry) => [entry.subject, entry.verdict === 'held_back']);
    expect(said).toEqual(real);
    expect(real.filter(([, held]) => held)).toHaveLength(2);
    expect(report.now).toMatchObject({ heard: 8, not_met: 2, would_run: 4, held_back: 2 });
    expect(report.now?.entries[1]).toMatchObject({ verdict: 'not_met', values: { 'data.skill': 0.5 } });
    expect(report.edited).toMatchObject({ heard: 8, not_met: 2, would_run: 5, held_back: 1 });
    expect(report.edited?.entries.find((entry) => entry.verdict === 'held_back')?.held_by?.guard).toBe(
      'veto',
    );
    expect(report.fired).toBe(4);
    expect(
      (await automation.backtest(P, 'tested', { from: JUNE + 4 * DAY, to: JUNE + 6 * DAY })).now?.heard,
    ).toBe(2);
    expect(await firingsOf('tested')).toHaveLength(real.length);
    const weekly = rule('weekly', { when: { schedule: '0 3 * * 1' } });
    const planned = await automation.backtest(P, 'weekly', { ...span, rule: weekly });
    expect(planned).toMatchObject({ now: null, edited: { would_run: 4 } });
  });

  it('tries a rule out without doing or storing anything', async () => {
    await automation.apply(person, P, [rule('tried', { if: 'data.n > 2' })]);
    const runs = workshop.runs.size;
    await expect(automation.tryOut(P, 'tried', {})).rejects.toMatchObject({ code: 'BACKTEST_EMPTY' });
    const event = { type: 'tried.opened', subject: 'rondo:alert:x', data: { n: 3 } };
    expect(await automation.tryOut(P, 'tried', { event })).toMatchObject({
      matched: true,
      met: true,
      would_run: true,
      actions: [{ asked: { pipeline: 'train-tried', params: { cause: 'rondo:alert:x' } }, error: null }],
    });
    expect(await automation.tryOut(P, 'tried', { event: { ...event, data: {} } })).toMatchObject({
      met: false,
      would_run: false,
      condition: [{ value: null }],
    });
    await quiet();
    expect(workshop.runs.size).toBe(runs);
    expect(await firingsOf('tried')).toEqual([]);
  });

  it('goes on after a crash between deciding and doing', async () => {
    await automation.apply(person, P, [rule('crashed')]);
    await jobs.stop();
    await happen('crashed.opened', 'rondo:alert:c');
    await subscriptions.caughtUp();
    expect((await firingsOf('crashed'))[0]).toMatchObject({
      state: 'started',
      actions: [{ state: 'waiting' }],
    });
    const next = new JobWorker(test.database);
    startAutomation(automation, parts, {
      subscriptions: new Subscriptions(test.database, events),
      jobs: next,
    });
    next.start();
    await quiet();
    await next.stop();
    expect((await firingsOf('crashed'))[0]?.actions).toMatchObject([{ state: 'started' }]);
  });
});
