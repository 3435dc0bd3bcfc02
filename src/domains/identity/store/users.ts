import { sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import type { Member, ProjectRole, User } from '../schema.ts';
import type { UserTable } from './tables.ts';

const toUser = (row: UserTable): User => ({
  name: row.name,
  kind: row.kind,
  display_name: row.display_name,
  role: row.role,
  disabled: row.disabled === 1,
  created_by: row.created_by,
  created_at: row.created_at,
  last_seen_at: row.last_seen_at,
});

export async function findUser(reader: Reader, name: string): Promise<User | undefined> {
  const row = await reader.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst();
  return row && toUser(row);
}

/** The hash of a person who may sign in; undefined for everybody else. */
export async function findPasswordHash(reader: Reader, name: string): Promise<string | undefined> {
  const row = await reader
    .selectFrom('users')
    .select('password_hash')
    .where('name', '=', name)
    .where('disabled', '=', 0)
    .executeTakeFirst();
  return row?.password_hash ?? undefined;
}

export async function listUsers(reader: Reader): Promise<User[]> {
  return (await reader.selectFrom('users').selectAll().orderBy('name').execute()).map(toUser);
}

/** Undefined when the name is taken. */
export async function insertUser(
  tx: Tx,
  user: Omit<User, 'last_seen_at'>,
  passwordHash: string | null,
): Promise<User | undefined> {
  const row = await tx
    .insertInto('users')
    .values({
      ...user,
      disabled: Number(user.disabled),
      password_hash: passwordHash,
      updated_at: user.created_at,
      last_seen_at: null,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returningAll()
    .executeTakeFirst();
  return row && toUser(row);
}

export async function updateUser(
  tx: Tx,
  name: string,
  change: { display_name?: string; role?: User['role']; disabled?: boolean; password_hash?: string },
): Promise<void> {
  const { disabled, ...rest } = change;
  await tx
    .updateTable('users')
    .set({
      ...rest,
      ...(disabled === undefined ? {} : { disabled: Number(disabled) }),
      updated_at: Date.now(),
    })
    .where('name', '=', name)
    .execute();
}

/**
 * Admins who can sign in, other than this one. Their rows are written first, so that on PostgreSQL two admins who demote each
 * other at the same time wait for one another, and the second sees what the first did.
 */
export async function countOtherAdmins(tx: Tx, name: string): Promise<number> {
  await tx
    .updateTable('users')
    .set({ updated_at: sql<number>`updated_at` })
    .where('role', '=', 'admin')
    .execute();
  const row = await tx
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('role', '=', 'admin')
    .where('disabled', '=', 0)
    .where('kind', '=', 'person')
    .where('name', '!=', name)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Everybody who is something in the project: its members, and those whose role holds everywhere. */
export async function listMembers(reader: Reader, project: string): Promise<Member[]> {
  const rows = await reader
    .selectFrom('users')
    .leftJoin('members', (join) =>
      join.onRef('members.user_name', '=', 'users.name').on('members.project', '=', project),
    )
    .select([
      'users.name',
      'users.display_name',
      'users.kind',
      'users.disabled',
      'users.role as everywhere',
      'members.role as here',
      'users.last_seen_at',
    ])
    .where((eb) => eb.or([eb('members.role', 'is not', null), eb('users.role', 'is not', null)]))
    .orderBy('users.name')
    .execute();
  return rows.map((row) => {
    const server = row.everywhere === 'admin' || row.here === null;
    return {
      user: row.name,
      display_name: row.display_name,
      kind: row.kind,
      disabled: row.disabled === 1,
      role: (server ? row.everywhere : row.here) as ProjectRole,
      source: server ? 'server' : 'project',
      last_seen_at: row.last_seen_at,
    };
  });
}

export async function findMembership(
  reader: Reader,
  project: string,
  user: string,
): Promise<ProjectRole | undefined> {
  const row = await reader
    .selectFrom('members')
    .select('role')
    .where('project', '=', project)
    .where('user_name', '=', user)
    .executeTakeFirst();
  return row?.role;
}

/** Roles in single projects, by user. */
export async function rolesOf(
  reader: Reader,
  users: readonly string[],
): Promise<Map<string, Record<string, ProjectRole>>> {
  const found = new Map<string, Record<string, ProjectRole>>();
  if (users.length === 0) return found;
  const rows = await reader
    .selectFrom('members')
    .select(['project', 'user_name', 'role'])
    .where('user_name', 'in', users)
    .execute();
  for (const row of rows) found.set(row.user_name, { ...found.get(row.user_name), [row.project]: row.role });
  return found;
}

export async function saveMembership(
  tx: Tx,
  membership: { project: string; user_name: string; role: ProjectRole; set_by: string; set_at: number },
): Promise<void> {
  const { role, set_by, set_at } = membership;
  await tx
    .insertInto('members')
    .values(membership)
    .onConflict((conflict) =>
      conflict.columns(['project', 'user_name']).doUpdateSet({ role, set_by, set_at }),
    )
    .execute();
}

export async function removeMembership(tx: Tx, project: string, user: string): Promise<void> {
  await tx.deleteFrom('members').where('project', '=', project).where('user_name', '=', user).execute();
}
