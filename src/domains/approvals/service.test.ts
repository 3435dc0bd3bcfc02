import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { createEvents, type Events } from '../../events/index.ts';
import type { Actor } from '../identity/schema.ts';
import { type ApprovalsService, createApprovals, type Request } from './service.ts';

const person = (name: string): Actor => ({ kind: 'user', name, role: 'operator', projects: {} });
const request: Request = {
  project: 'p',
  kind: 'promotion',
  subject: 'rondo:endpoint:e',
  digest: 'd1',
  title: 'Promote m v2',
  payload: { to: 'prod' },
  needed: 2,
};

describe.each(ENGINES)('approvals on %s', (engine) => {
  let test: TestDatabase;
  let events: Events;
  let approvals: ApprovalsService;
  beforeAll(async () => {
    test = await testDatabase(engine);
    events = await createEvents(test.database);
    approvals = createApprovals(test.database, events);
  });
  afterAll(() => test.end());

  const file = (over: Partial<Request> = {}) =>
    test.database.write((tx) => approvals.request(tx, person('ana'), { ...request, ...over }));

  it('takes n of m, not the author, and says what was decided', async () => {
    vi.useFakeTimers({ toFake: ['Date'] }); // all of it within one millisecond
    onTestFinished(() => void vi.useRealTimers());
    const { id } = await file();
    await expect(
      approvals.vote(person('ana'), id, { yes: true, comment: '', digest: 'd1' }),
    ).rejects.toMatchObject({ code: 'APPROVAL_SELF' });
    expect((await approvals.vote(person('li'), id, { yes: true, comment: 'fine', digest: 'd1' })).state).toBe(
      'open',
    );
    expect(
      (await approvals.vote(person('li'), id, { yes: true, comment: 'twice', digest: 'd1' })).state,
    ).toBe('open');
    expect((await approvals.vote(person('bo'), id, { yes: true, comment: '', digest: 'd1' })).state).toBe(
      'approved',
    );
    const [event] = await events.recent({ types: ['approval.decided'] });
    expect(event?.data).toMatchObject({ id, state: 'approved', reason: 'approved by li, bo' });
    await expect(
      approvals.vote(person('bo'), id, { yes: false, comment: '', digest: 'd1' }),
    ).rejects.toMatchObject({ code: 'APPROVAL_ENDED' });
  });

  it('is one request when asked twice, and another one for another digest', async () => {
    const first = await file({ subject: 'rondo:endpoint:f' });
    expect((await file({ subject: 'rondo:endpoint:f' })).id).toBe(first.id);
    expect((await file({ subject: 'rondo:endpoint:f', digest: 'd2' })).id).not.toBe(first.id);
  });

  it('holds a yes to its digest, expires, and ends at the first no', async () => {
    const { id } = await file({ subject: 'rondo:endpoint:g' });
    await expect(
      approvals.vote(person('li'), id, { yes: true, comment: '', digest: 'other' }),
    ).rejects.toMatchObject({ code: 'APPROVAL_DIGEST' });
    const late = await file({ subject: 'rondo:endpoint:h', expiresAt: Date.now() - 1 });
    await expect(
      approvals.vote(person('li'), late.id, { yes: true, comment: '', digest: 'd1' }),
    ).rejects.toMatchObject({ code: 'APPROVAL_ENDED' });
    expect(
      await approvals.vote(person('ana'), id, { yes: false, comment: 'too early', digest: 'd1' }),
    ).toMatchObject({ state: 'rejected', reason: 'rejected by ana: too early' });
  });

  it('lets machines look first, then asks people or settles', async () => {
    const waiting = await file({ subject: 'rondo:endpoint:i', state: 'checking' });
    await expect(
      approvals.vote(person('li'), waiting.id, { yes: true, comment: '', digest: 'd1' }),
    ).rejects.toMatchObject({ code: 'APPROVAL_ENDED' });
    await test.database.write((tx) => approvals.open(tx, waiting.id, 1, true));
    expect(
      (await approvals.vote(person('ana'), waiting.id, { yes: true, comment: '', digest: 'd1' })).state,
    ).toBe('approved');
    const void_ = await file({ subject: 'rondo:endpoint:j' });
    expect(
      await test.database.write((tx) => approvals.settle(tx, void_.id, 'void', 'dataset v5 replaced v4')),
    ).toBe(true);
    expect((await approvals.get(void_.id)).reason).toBe('dataset v5 replaced v4');
  });
});
