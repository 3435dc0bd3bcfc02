import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { createEvents, type Events } from '../../events/index.ts';
import { createGate, type Gate } from './gate.ts';
import { allows } from './policy.ts';
import { type Actor, NewUser, systemActor, UserName } from './schema.ts';
import { createIdentity, type IdentityService } from './service.ts';
import { SignInLimit } from './sign-in-limit.ts';

const root = systemActor('test');
const PASSWORD = 'correct horse battery';
const HERE = '127.0.0.1';

describe.each(ENGINES)('identity on %s', (engine) => {
  let db: TestDatabase;
  let events: Events;
  let gate: Gate;
  let identity: IdentityService;
  let time = Date.now();
  beforeAll(async () => {
    db = await testDatabase(engine);
    events = await createEvents(db.database);
    gate = createGate({ token: 'the-start-token-of-tests', open: false });
    identity = createIdentity({
      database: db.database,
      events,
      gate,
      projectExists: async (name) => ['flights', 'taxi'].includes(name),
      limit: new SignInLimit(db.database, () => time),
    });
  });
  afterAll(() => db.end());

  const add = (name: string, more: Partial<NewUser> = {}) =>
    identity.createUser(root, NewUser.parse({ name, password: PASSWORD, ...more }));
  const actorOf = (secret: string): Promise<Actor> => gate.authenticate(`Bearer ${secret}`);
  const enter = async (name: string, password = PASSWORD) => {
    const session = await identity.signIn(name, password, HERE);
    return { ...session, actor: await actorOf(session.secret) };
  };
  const typesAbout = async (name: string) =>
    (await events.recent({ subject: `rondo:user:${name}`, limit: 100 })).map((event) => event.type).reverse();
  const plain = { role: null, project: null, expires_at: null };

  it('makes a name once, whatever its spelling and however many ask at once', async () => {
    const made = await Promise.allSettled(Array.from({ length: 50 }, () => add('Race')));
    const refused = made.filter((each) => each.status === 'rejected');
    expect(refused).toHaveLength(49);
    for (const each of refused) expect(each.reason).toMatchObject({ code: 'USER_EXISTS', status: 409 });
    expect((await identity.listUsers()).filter((user) => user.name === 'race')).toHaveLength(1);
    expect(await typesAbout('race')).toEqual(['user.created']);
    await add('Zoë'.normalize('NFD'));
    await expect(add('ZOË')).rejects.toMatchObject({ status: 409 });
  });

  it('refuses bad names and bad passwords', () => {
    for (const name of ['', ' ', 'a b', '-a', 'a/b', 'a\u0000', 'a\u202Eb', 'anonymous', 'x'.repeat(65)])
      expect(UserName.safeParse(name).success, JSON.stringify(name)).toBe(false);
    for (const password of ['', 'short', 'x'.repeat(513), undefined])
      expect(NewUser.safeParse({ name: 'bo', password }).success, String(password)).toBe(false);
    expect(NewUser.safeParse({ name: 'bo', kind: 'service', password: PASSWORD }).success).toBe(false);
  });

  it('signs in with the right password only, and keeps hashes, never secrets', async () => {
    await add('ana', { role: 'operator' });
    for (const [name, password] of [
      ['ana', 'wrong password!'],
      ['nobody-here', PASSWORD],
    ] as const)
      await expect(identity.signIn(name, password, HERE)).rejects.toMatchObject({
        code: 'SIGN_IN_WRONG',
        status: 401,
      });
    const { secret, actor } = await enter('Ana');
    expect(actor).toMatchObject({ kind: 'user', name: 'ana', role: 'operator' });
    const { token_text, users, log } = {
      token_text: JSON.stringify(await db.database.read.selectFrom('tokens').selectAll().execute()),
      users: await db.database.read.selectFrom('users').selectAll().execute(),
      log: JSON.stringify(await events.recent({ limit: 500 })),
    };
    expect(users.find((user) => user.name === 'ana')?.password_hash).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
    );
    for (const stored of [token_text, JSON.stringify(users), log]) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(PASSWORD);
    }
    expect(log).not.toContain('argon2');
  });

  it('slows guessing down per name, known or not, and forgives with time', async () => {
    await add('guessed');
    for (const name of ['guessed', 'unknown-name']) {
      for (let i = 0; i < 10; i++)
        await expect(identity.signIn(name, 'wrong password!', HERE)).rejects.toMatchObject({ status: 401 });
      await expect(identity.signIn(name, PASSWORD, HERE)).rejects.toMatchObject({
        status: 429,
        details: { retry_after_s: 30 },
      });
    }
    // Another replica counts the same tries.
    const elsewhere = new SignInLimit(db.database, () => time);
    await expect(elsewhere.take('guessed', 'elsewhere')).rejects.toMatchObject({ status: 429 });
    time += 31_000;
    expect((await enter('guessed')).actor.name).toBe('guessed');
    time += 3_600_000;
  });

  it('slows guessing down per address, also when all come at once', async () => {
    const tries = Array.from({ length: 60 }, (_, i) => identity.signIn(`guess-${i}`, PASSWORD, '10.0.0.9'));
    const outcomes = await Promise.allSettled(tries);
    const statuses = outcomes.map(
      (each) => each.status === 'rejected' && (each.reason as { status: number }).status,
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(40);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    time += 3_600_000;
  });

  it('changes a password against the old one only, and ends the other sessions', async () => {
    await add('changing');
    const [one, two] = [await enter('changing'), await enter('changing')];
    const program = await identity.createToken(one.actor, { label: 'ci', ...plain });
    await expect(
      identity.changePassword(one.actor, HERE, 'not the old one', 'another password'),
    ).rejects.toMatchObject({ code: 'PASSWORD_WRONG', status: 403 });
    await expect(
      identity.changePassword(await actorOf(program.secret), HERE, PASSWORD, 'another password'),
    ).rejects.toMatchObject({ code: 'SESSION_NEEDED', status: 403 });
    expect((await actorOf(two.secret)).name).toBe('changing');
    await identity.changePassword(one.actor, HERE, PASSWORD, 'another password');
    expect((await actorOf(one.secret)).name).toBe('changing');
    await expect(actorOf(two.secret)).rejects.toMatchObject({ status: 401 });
    await expect(identity.signIn('changing', PASSWORD, HERE)).rejects.toMatchObject({ status: 401 });
    await identity.resetPassword(root, 'changing', 'set by an admin!');
    await expect(actorOf(one.secret)).rejects.toMatchObject({ status: 401 });
    expect((await enter('changing', 'set by an admin!')).actor.name).toBe('changing');
  });

  it('lets nobody change their own role, and keeps one admin', async () => {
    await add('boss', { role: 'admin' });
    const boss = (await enter('boss')).actor;
    await expect(identity.changeUser(boss, 'boss', { role: 'viewer' })).rejects.toMatchObject({
      code: 'OWN_ROLE',
    });
    await expect(identity.changeUser(boss, 'boss', { disabled: true })).rejects.toMatchObject({
      status: 403,
    });
    await expect(identity.setMember(boss, 'flights', 'boss', 'viewer')).rejects.toMatchObject({
      status: 403,
    });
    await expect(identity.changeUser(root, 'boss', { role: 'viewer' })).rejects.toMatchObject({
      code: 'LAST_ADMIN',
      status: 409,
    });
    await expect(identity.changeUser(root, 'boss', { disabled: true })).rejects.toMatchObject({
      status: 409,
    });
    await add('chief', { role: 'admin' });
    const chief = (await enter('chief')).actor;
    const both = await Promise.allSettled([
      identity.changeUser(boss, 'chief', { role: null }),
      identity.changeUser(chief, 'boss', { role: null }),
    ]);
    expect(both.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await identity.listUsers()).filter((user) => user.role === 'admin')).toHaveLength(1);
  });

  it('shuts a disabled user out at once and for good', async () => {
    await add('leaver', { role: 'editor' });
    const { secret, actor } = await enter('leaver');
    const token = await identity.createToken(actor, { label: 'ci', ...plain });
    await identity.changeUser(root, 'leaver', { disabled: true });
    for (const each of [secret, token.secret])
      await expect(actorOf(each)).rejects.toMatchObject({ status: 401 });
    await expect(identity.signIn('leaver', PASSWORD, HERE)).rejects.toMatchObject({ status: 401 });
    await identity.changeUser(root, 'leaver', { disabled: false });
    await expect(actorOf(secret)).rejects.toMatchObject({ status: 401 });
    expect((await actorOf(token.secret)).name).toBe('leaver');
    expect(await typesAbout('leaver')).toEqual([
      'user.created',
      'token.created',
      'token.created',
      'user.disabled',
      'user.enabled',
    ]);
  });

  it('gives roles in projects, which count from the next request on', async () => {
    await add('member');
    const { secret } = await enter('member');
    const may = async (project: string) => allows(await actorOf(secret), 'edit', { project });
    expect(await may('flights')).toBe(false);
    const member = await identity.setMember(root, 'flights', 'member', 'editor');
    expect(member).toMatchObject({ user: 'member', role: 'editor', source: 'project' });
    expect([await may('flights'), await may('taxi')]).toEqual([true, false]);
    await identity.removeMember(root, 'flights', 'member');
    expect(await may('flights')).toBe(false);
    await expect(identity.setMember(root, 'nowhere', 'member', 'viewer')).rejects.toMatchObject({
      status: 404,
    });
    await expect(identity.setMember(root, 'flights', 'nobody-here', 'viewer')).rejects.toMatchObject({
      status: 404,
    });
    const facts = (await events.recent({ project: 'flights' })).map(({ type, data }) => ({ type, data }));
    expect(facts).toEqual([
      { type: 'member.removed', data: { before: 'editor', by: 'test' } },
      { type: 'member.role-set', data: { before: null, after: 'editor', by: 'test' } },
    ]);
  });

  it('makes tokens that are narrower than their user, expire, and can be revoked', async () => {
    await add('owner', { role: 'operator' });
    const { actor } = await enter('owner');
    const make = (more: object) => identity.createToken(actor, { label: 'x', ...plain, ...more });
    const reader = await actorOf((await make({ role: 'viewer' })).secret);
    expect(allows(reader, 'edit', { project: 'flights' })).toBe(false);
    const scoped = await actorOf((await make({ project: 'flights' })).secret);
    expect(allows(scoped, 'operate', { project: 'flights' })).toBe(true);
    expect(allows(scoped, 'view', { project: 'taxi' })).toBe(false);
    const proud = await actorOf((await make({ role: 'admin' })).secret);
    expect(allows(proud, 'admin', 'server')).toBe(false);
    await expect(identity.createToken(proud, { label: 'child', ...plain })).rejects.toMatchObject({
      code: 'SESSION_NEEDED',
    });
    await expect(make({ expires_at: Date.now() - 1 })).rejects.toMatchObject({ status: 400 });
    await expect(make({ project: 'nowhere' })).rejects.toMatchObject({ status: 404 });
    const short = await make({ expires_at: Date.now() + 150 });
    expect((await actorOf(short.secret)).name).toBe('owner');
    await new Promise((resolve) => setTimeout(resolve, 160));
    await expect(actorOf(short.secret)).rejects.toMatchObject({ status: 401 });
    const doomed = await make({});
    await identity.revokeToken(actor, doomed.id);
    await expect(actorOf(doomed.secret)).rejects.toMatchObject({ status: 401 });
    const other = (await enter('race')).actor;
    const kept = await make({});
    await expect(identity.revokeToken(other, kept.id)).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' });
    expect((await actorOf(kept.secret)).name).toBe('owner');
  });

  it('gives tokens to service accounts, never in the name of a person', async () => {
    await add('robot', { kind: 'service', password: undefined, role: 'viewer' });
    const { secret } = await identity.createServiceToken(root, 'robot', { label: 'app', ...plain });
    expect(await actorOf(secret)).toMatchObject({ kind: 'service', name: 'robot', role: 'viewer' });
    await expect(identity.createServiceToken(root, 'owner', { label: 'x', ...plain })).rejects.toMatchObject({
      status: 403,
    });
    await expect(identity.resetPassword(root, 'robot', PASSWORD)).rejects.toMatchObject({ status: 404 });
    await expect(identity.signIn('robot', PASSWORD, HERE)).rejects.toMatchObject({ status: 401 });
    const grants = await identity.grants();
    expect(grants[0]).toMatchObject({ right: 'feedback', expires_at: null });
    expect(grants.filter((grant) => grant.right === 'score')).not.toHaveLength(0);
  });

  it('remembers when somebody was last seen, once a minute', async () => {
    const { actor, id } = await enter('race');
    const seen = async () => (await identity.findUser('race'))?.last_seen_at;
    await expect.poll(seen, { timeout: 5000 }).toBeTypeOf('number');
    const first = (await identity.listOwnTokens(actor)).find((token) => token.id === id);
    await expect
      .poll(async () => (await identity.listOwnTokens(actor)).find((token) => token.id === id)?.last_used_at)
      .toBeTypeOf('number');
    expect(first?.kind).toBe('session');
    await identity.signOut(actor);
    expect((await identity.listTokensOf('race')).find((token) => token.id === id)?.revoked_at).toBeTypeOf(
      'number',
    );
  });
});
