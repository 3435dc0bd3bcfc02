import { randomUUID } from 'node:crypto';
import type { Tx } from '../../../database/index.ts';
import { AppError, ERRORS, invalid } from '../../../lib/errors.ts';
import { IDENTITY_ERRORS } from '../errors.ts';
import { checkPassword, hashPassword } from '../password.ts';
import { allows } from '../policy.ts';
import { type Actor, type IssuedToken, type NewToken, type Token, UserName } from '../schema.ts';
import { hashOf, newSecret } from '../secret.ts';
import {
  findToken,
  forgetSessions,
  insertToken,
  listTokens,
  revokeSessions,
  revokeToken,
} from '../store/tokens.ts';
import { findPasswordHash, updateUser } from '../store/users.ts';
import {
  assertProject,
  assertSession,
  type IdentityGround,
  isSelf,
  mustFindUser,
  record,
} from './context.ts';

const SESSION_MS = 12 * 3_600_000;
const REMEMBERED_MS = 30 * 86_400_000;

/** Signing in and out, passwords, and the tokens that programs use. */
export function tokenVerbs(ground: IdentityGround) {
  const { database, limit } = ground;

  async function issue(
    tx: Tx,
    actor: Pick<Actor, 'name'>,
    user: string,
    given: NewToken & { kind: Token['kind'] },
  ): Promise<IssuedToken> {
    const secret = newSecret(given.kind);
    const token: Token = {
      ...given,
      id: randomUUID(),
      user,
      created_by: actor.name,
      created_at: Date.now(),
      revoked_at: null,
      last_used_at: null,
    };
    await insertToken(tx, token, hashOf(secret));
    const { id, kind, label, role, project, expires_at } = token;
    const data = { id, kind, label, role, limited_to: project, expires_at };
    await record(ground, tx, actor, { type: 'token.created', user, data });
    return { ...token, secret };
  }

  async function assertUsable(given: NewToken): Promise<void> {
    if (given.expires_at !== null && given.expires_at <= Date.now())
      throw invalid('The token would have expired already; nothing was made.');
    if (given.project !== null) await assertProject(ground, given.project);
  }

  return {
    /** A session for a name and its password. Throws 401 for a wrong pair, 429 after too many. */
    async signIn(name: string, password: string, address: string): Promise<IssuedToken> {
      const known = UserName.safeParse(name).data ?? '';
      const giveBack = await limit.take(known, address);
      const hash = await findPasswordHash(database.read, known);
      const wrong = () => new AppError(IDENTITY_ERRORS.SIGN_IN_WRONG, 'Nobody was signed in.');
      if (!(await checkPassword(hash, password))) throw wrong();
      await giveBack();
      return database.write(async (tx) => {
        if ((await findPasswordHash(tx, known)) !== hash) throw wrong();
        const now = Date.now();
        await forgetSessions(tx, known, now - REMEMBERED_MS);
        const given = { label: 'session', role: null, project: null, expires_at: now + SESSION_MS };
        return issue(tx, { name: known }, known, { kind: 'session', ...given });
      });
    },

    /** Ends the session or token that asks. */
    async signOut(actor: Actor): Promise<void> {
      const { credential } = actor;
      if (!credential) throw new AppError(ERRORS.CONFLICT, `${actor.name} has no session to end.`);
      await database.write(async (tx) => {
        if (await revokeToken(tx, credential.id, Date.now())) {
          const data = { ...credential };
          await record(ground, tx, actor, { type: 'token.revoked', user: actor.name, data });
        }
      });
    },

    /** Demands the old password; the other sessions of the user end. */
    async changePassword(actor: Actor, address: string, old: string, next: string): Promise<void> {
      const session = assertSession(actor, 'The password was not changed');
      const giveBack = await limit.take(actor.name, address);
      const hash = await findPasswordHash(database.read, actor.name);
      const wrong = () =>
        new AppError(IDENTITY_ERRORS.PASSWORD_WRONG, 'The old password is wrong; it was not changed.');
      if (!(await checkPassword(hash, old))) throw wrong();
      await giveBack();
      const password_hash = await hashPassword(next);
      await database.write(async (tx) => {
        if ((await findPasswordHash(tx, actor.name)) !== hash) throw wrong();
        await updateUser(tx, actor.name, { password_hash });
        const sessions = await revokeSessions(tx, actor.name, session.id, Date.now());
        const fact = { type: 'user.password-changed', user: actor.name, data: { sessions } };
        await record(ground, tx, actor, fact);
      });
    },

    /** A token of one's own, at most as strong as oneself. */
    async createToken(actor: Actor, given: NewToken): Promise<IssuedToken> {
      assertSession(actor, 'No token was made');
      await assertUsable(given);
      return database.write((tx) => issue(tx, actor, actor.name, { kind: 'api', ...given }));
    },

    /** A token of a service account; nobody makes one in the name of another person. */
    async createServiceToken(actor: Actor, user: string, given: NewToken): Promise<IssuedToken> {
      await assertUsable(given);
      return database.write(async (tx) => {
        const owner = await mustFindUser(tx, user);
        if (owner.kind !== 'service')
          throw new AppError(
            ERRORS.FORBIDDEN,
            `${user} is a person and makes tokens alone; only service accounts are given some.`,
          );
        return issue(tx, actor, user, { kind: 'api', ...given });
      });
    },

    listOwnTokens: (actor: Actor): Promise<Token[]> =>
      isSelf(actor, actor.name) ? listTokens(database.read, actor.name) : Promise.resolve([]),

    async listTokensOf(user: string): Promise<Token[]> {
      await mustFindUser(database.read, user);
      return listTokens(database.read, user);
    },

    /** By its user, or by an admin. It stops to count at once. */
    revokeToken: (actor: Actor, id: string): Promise<void> =>
      database.write(async (tx) => {
        const token = await findToken(tx, id);
        const admin = allows(actor, 'admin', 'server');
        if (!token || !(admin || isSelf(actor, token.user)))
          throw new AppError(IDENTITY_ERRORS.TOKEN_UNKNOWN, `There is no token ${id.slice(0, 50)}.`);
        if (!admin && actor.credential?.id !== id) assertSession(actor, 'The token was not revoked');
        if (!(await revokeToken(tx, id, Date.now()))) return;
        const { kind, label, user } = token;
        await record(ground, tx, actor, { type: 'token.revoked', user, data: { id, kind, label } });
      }),
  };
}
