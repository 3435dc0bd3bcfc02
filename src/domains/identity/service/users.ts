import { AppError } from '../../../lib/errors.ts';
import { IDENTITY_ERRORS } from '../errors.ts';
import { hashPassword } from '../password.ts';
import type { Actor, Member, NewUser, ProjectRole, User, UserChange } from '../schema.ts';
import { revokeSessions } from '../store/tokens.ts';
import {
  countOtherAdmins,
  findMembership,
  findUser,
  insertUser,
  listMembers,
  listUsers,
  removeMembership,
  saveMembership,
  updateUser,
} from '../store/users.ts';
import { assertProject, type IdentityGround, isSelf, mustFindUser, record } from './context.ts';

/** Users, service accounts, and what they are in projects. */
export function userVerbs(ground: IdentityGround) {
  const { database } = ground;

  function assertOther(actor: Actor, user: string): void {
    if (!isSelf(actor, user)) return;
    throw new AppError(IDENTITY_ERRORS.OWN_ROLE, 'Nobody changes what they may do themselves.');
  }

  async function memberOf(project: string, user: string): Promise<Member> {
    const member = (await listMembers(database.read, project)).find((each) => each.user === user);
    if (member) return member;
    throw new AppError(IDENTITY_ERRORS.MEMBER_UNKNOWN, `${user} is nothing in project '${project}'.`);
  }

  return {
    listUsers: (): Promise<User[]> => listUsers(database.read),
    findUser: (name: string): Promise<User | undefined> => findUser(database.read, name),

    /** Throws 409 when the name is taken, also under many at once. */
    async createUser(actor: Actor, given: NewUser): Promise<User> {
      const hash = given.password === undefined ? null : await hashPassword(given.password);
      return database.write(async (tx) => {
        const { name, kind, role } = given;
        const user = {
          name,
          kind,
          role,
          display_name: given.display_name ?? name,
          disabled: false,
          created_by: actor.name,
          created_at: Date.now(),
        };
        const made = await insertUser(tx, user, hash);
        if (!made) throw new AppError(IDENTITY_ERRORS.USER_EXISTS, `There is a user '${name}' already.`);
        await record(ground, tx, actor, { type: 'user.created', user: name, data: { kind, role } });
        return made;
      });
    },

    /** Role and right to sign in. Nobody changes their own, and one admin who can sign in always remains. */
    changeUser: (actor: Actor, name: string, change: UserChange): Promise<User> =>
      database.write(async (tx) => {
        const before = await mustFindUser(tx, name);
        const roleChanges = change.role !== undefined && change.role !== before.role;
        const disables = change.disabled !== undefined && change.disabled !== before.disabled;
        if (roleChanges || disables) assertOther(actor, name);
        const isAdmin = before.role === 'admin' && before.kind === 'person' && !before.disabled;
        if (isAdmin && (roleChanges || disables) && (await countOtherAdmins(tx, name)) === 0)
          throw new AppError(IDENTITY_ERRORS.LAST_ADMIN, `${name} is the last admin; nothing was changed.`);
        const { display_name, role, disabled } = change;
        await updateUser(tx, name, {
          ...(display_name === undefined ? {} : { display_name }),
          ...(role === undefined ? {} : { role }),
          ...(disabled === undefined ? {} : { disabled }),
        });
        if (disabled) await revokeSessions(tx, name, undefined, Date.now());
        if (roleChanges) {
          const data = { before: before.role, after: role };
          await record(ground, tx, actor, { type: 'user.role-set', user: name, data });
        }
        if (disables)
          await record(ground, tx, actor, { type: disabled ? 'user.disabled' : 'user.enabled', user: name });
        if (display_name !== undefined && display_name !== before.display_name)
          await record(ground, tx, actor, { type: 'user.renamed', user: name, data: { display_name } });
        return mustFindUser(tx, name);
      }),

    /** An admin sets a password without knowing the old one; all sessions of the user end. */
    async resetPassword(actor: Actor, name: string, password: string): Promise<void> {
      const hash = await hashPassword(password);
      await database.write(async (tx) => {
        const user = await mustFindUser(tx, name);
        if (user.kind === 'service')
          throw new AppError(
            IDENTITY_ERRORS.USER_UNKNOWN,
            `${name} is a service account and has no password.`,
          );
        await updateUser(tx, name, { password_hash: hash });
        const sessions = await revokeSessions(tx, name, undefined, Date.now());
        await record(ground, tx, actor, { type: 'user.password-reset', user: name, data: { sessions } });
      });
    },

    listMembers: (project: string): Promise<Member[]> => listMembers(database.read, project),

    async setMember(actor: Actor, project: string, user: string, role: ProjectRole): Promise<Member> {
      assertOther(actor, user);
      await assertProject(ground, project);
      await database.write(async (tx) => {
        await mustFindUser(tx, user);
        const before = (await findMembership(tx, project, user)) ?? null;
        if (before === role) return;
        const row = { project, user_name: user, role, set_by: actor.name, set_at: Date.now() };
        await saveMembership(tx, row);
        const data = { before, after: role };
        await record(ground, tx, actor, { type: 'member.role-set', user, project, data });
      });
      return memberOf(project, user);
    },

    async removeMember(actor: Actor, project: string, user: string): Promise<void> {
      assertOther(actor, user);
      await database.write(async (tx) => {
        const before = await findMembership(tx, project, user);
        if (before === undefined)
          throw new AppError(IDENTITY_ERRORS.MEMBER_UNKNOWN, `${user} is no member of project '${project}'.`);
        await removeMembership(tx, project, user);
        await record(ground, tx, actor, { type: 'member.removed', user, project, data: { before } });
      });
    },
  };
}
