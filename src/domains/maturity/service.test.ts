import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { COMMIT, everything, nothing, recordsInMemory } from '../../../test/harness/evidence.ts';
import { createEvents, type Events, Subscriptions } from '../../events/index.ts';
import { JobWorker } from '../../jobs/index.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import { createProjects } from '../projects/service.ts';
import { ProjectFile } from '../projects/schema.ts';
import { startMaturity } from './jobs.ts';
import { CiReport, Maturity } from './schema.ts';
import { createMaturity, type MaturityService } from './service.ts';

const actor: Actor = { kind: 'token', name: 'ci', role: 'editor', projects: {} };
const P = 'flights';
const report = (over: object = {}) =>
  CiReport.parse({ commit: COMMIT, suite: 'unit', passed: 3, failed: 0, ...over });

describe.each(ENGINES)('maturity on %s', (engine) => {
  let test: TestDatabase;
  let events: Events;
  let maturity: MaturityService;
  const records = recordsInMemory(nothing());

  beforeAll(async () => {
    test = await testDatabase(engine);
    events = await createEvents(test.database);
    const projects = createProjects(test.database, events);
    const charter = {
      question: 'Late?',
      task: 'binary_classification',
      label: 'late',
      baseline: { kind: 'constant', value: 0.2 },
      goal: {},
      target_level: 4,
    };
    await projects.apply(actor, ProjectFile.parse({ project: P, charter }));
    maturity = createMaturity({ database: test.database, events, projects, evidence: records.evidence });
  });
  afterAll(() => test.end());

  it('computes from records, notes each change of the level once, and keeps the answer for a minute', async () => {
    const first = await maturity.get(P);
    expect(Maturity.parse(first)).toMatchObject({
      level: 0,
      name: 'No MLOps',
      target: 4,
      google: { level: 0 },
    });
    expect(first.history.map((change) => change.level)).toEqual([0]);
    records.now = everything();
    expect((await maturity.get(P)).level).toBe(0);
    expect((await maturity.assess(P)).level).toBe(0);
    for (const suite of ['unit', 'integration']) await maturity.report(actor, P, report({ suite }));
    const best = await maturity.get(P);
    expect(Maturity.parse(best)).toMatchObject({ level: 4, ladder: 'scalable' });
    await maturity.assess(P);
    const { history } = await maturity.assess(P);
    expect(history.map((change) => [change.level, change.axes.application_integration])).toEqual([
      [4, 4],
      [0, 0],
      [0, 0],
    ]);
    const changes = await events.recent({ types: ['maturity.changed'] });
    expect(changes.map((event) => (event.data as { before: unknown }).before)).toEqual([0, 0, null]);
    expect(await maturity.portfolio(systemActor('test'))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ project: P, level: 4, target: 4, name: 'Full automation' }),
        expect.objectContaining({ project: 'default', level: null }),
      ]),
    );
  });

  it('stores CI results as facts and tells the kind of a suite from its name', async () => {
    const kinds = ['unit', 'test-integration', 'e2e', 'docker build', 'eslint', 'mypy types', 'pytest'];
    for (const suite of kinds) await maturity.report(actor, P, report({ commit: 'b'.repeat(40), suite }));
    await maturity.report(
      actor,
      P,
      report({ commit: 'b'.repeat(40), suite: 'x', kind: 'build', failed: 2, skipped: 1 }),
    );
    const results = await maturity.results(P, { commit: 'bbbb', limit: 50 });
    expect(results.toReversed().map((result) => result.kind)).toEqual([
      'unit',
      'integration',
      'integration',
      'build',
      'static',
      'static',
      'unit',
      'build',
    ]);
    const [event] = await events.recent({ types: ['ci.reported'] });
    expect(event).toMatchObject({
      subject: `rondo:commit:${'b'.repeat(40)}`,
      data: { failed: 2, skipped: 1, by: 'ci' },
    });
    await expect(maturity.report(actor, 'nobody', report())).rejects.toMatchObject({
      code: 'PROJECT_UNKNOWN',
    });
    expect(CiReport.safeParse({ commit: 'main', suite: 'unit', passed: 1, failed: 0 }).success).toBe(false);
  });

  it("takes a person's word for the people axis only, and never counts it", async () => {
    records.now = nothing();
    const said = { by: 'Li', statement: 'Weekly pairing since March.', expires: '2100-01-01' };
    await expect(maturity.attest(actor, P, 'runs-carry-commit', said)).rejects.toMatchObject({
      code: 'CRITERION_NOT_ATTESTED',
    });
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    for (const expires of [day(-1), day(800), '2100-01-01'])
      await expect(maturity.attest(actor, P, 'people-2', { ...said, expires })).rejects.toMatchObject({
        code: 'ATTESTATION_EXPIRY',
      });
    await maturity.attest(actor, P, 'people-2', { ...said, expires: day(30) });
    await maturity.attest(actor, P, 'people-2', { ...said, expires: day(60) });
    const { people, level, axes } = await maturity.get(P);
    expect(people).toMatchObject({
      level: 2,
      criteria: [
        { holds: true, attestation: { by: 'Li', recorded_by: 'ci' } },
        { holds: false },
        { holds: false },
      ],
    });
    expect(level).toBe(0);
    expect(Object.keys(axes)).not.toContain('people');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 62 * 86_400_000 });
    const later = await maturity.assess(P);
    vi.useRealTimers();
    expect(later.people).toMatchObject({
      level: 1,
      criteria: [{ holds: false }, { holds: false }, { holds: false }],
    });
  });

  it('recomputes by itself after an event that bears on it', async () => {
    records.now = nothing();
    await maturity.assess(P);
    const subscriptions = new Subscriptions(test.database, events);
    const jobs = new JobWorker(test.database);
    startMaturity(maturity, { database: test.database, subscriptions, jobs });
    subscriptions.start();
    await subscriptions.caughtUp();
    records.now = everything();
    await test.database.write((tx) =>
      events.append(tx, {
        type: 'promotion.done',
        source: 'releases',
        subject: 'rondo:promotion:1',
        project: P,
        data: {},
      }),
    );
    await subscriptions.caughtUp();
    const waiting = await test.database.read
      .selectFrom('jobs')
      .select(['kind', 'singleton_key'])
      .where('state', '=', 'queued')
      .execute();
    expect(waiting.length).toBeGreaterThan(0);
    expect(new Set(waiting.map((job) => job.singleton_key)).size).toBe(waiting.length);
    await test.database.write((tx) => tx.updateTable('jobs').set({ run_at: 0 }).execute());
    jobs.start();
    for (
      let i = 0;
      i < 200 &&
      (await maturity.portfolio(systemActor('test'))).find((row) => row.project === P)?.level !== 4;
      i++
    )
      await new Promise((resolve) => setTimeout(resolve, 10));
    await jobs.stop();
    await subscriptions.stop();
    expect((await maturity.portfolio(systemActor('test'))).find((row) => row.project === P)?.level).toBe(4);
  });
});
