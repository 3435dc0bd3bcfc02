import type { Reader, Tx } from '../../../database/index.ts';
import type { Role, Token, TokenKind, UserKind } from '../schema.ts';
import type { TokenTable } from './tables.ts';

const COLUMNS = [
  'id',
  'kind',
  'user_name',
  'label',
  'role',
  'project',
  'created_by',
  'created_at',
  'expires_at',
  'revoked_at',
  'last_used_at',
] as const;

const toToken = ({ user_name, ...row }: Omit<TokenTable, 'hash'>): Token => ({ ...row, user: user_name });

/** A token that counts, with what its user is. */
export interface LiveToken {
  id: string;
  hash: string;
  kind: TokenKind;
  user: string;
  user_kind: UserKind;
  user_role: Role | null;
  role: Role | null;
  project: string | null;
  expires_at: number | null;
  last_used_at: number | null;
}

/** Not revoked, not expired, and its user is not disabled. */
const live = (reader: Reader, now: number) =>
  reader
    .selectFrom('tokens')
    .innerJoin('users', 'users.name', 'tokens.user_name')
    .select([
      'tokens.id',
      'tokens.hash',
      'tokens.kind',
      'tokens.user_name as user',
      'users.kind as user_kind',
      'users.role as user_role',
      'tokens.role',
      'tokens.project',
      'tokens.expires_at',
      'tokens.last_used_at',
    ])
    .where('tokens.revoked_at', 'is', null)
    .where('users.disabled', '=', 0)
    .where((eb) => eb.or([eb('tokens.expires_at', 'is', null), eb('tokens.expires_at', '>', now)]));

export const findLiveToken = (reader: Reader, hash: string, now: number): Promise<LiveToken | undefined> =>
  live(reader, now).where('tokens.hash', '=', hash).executeTakeFirst();

/** Of programs: sessions are for people at a screen. */
export const listLiveTokens = (reader: Reader, now: number): Promise<LiveToken[]> =>
  live(reader, now).where('tokens.kind', '=', 'api').orderBy('tokens.id').execute();

export async function insertToken(tx: Tx, token: Token, hash: string): Promise<void> {
  const { user, ...rest } = token;
  await tx
    .insertInto('tokens')
    .values({ ...rest, user_name: user, hash })
    .execute();
}

export async function findToken(reader: Reader, id: string): Promise<Token | undefined> {
  const row = await reader.selectFrom('tokens').select(COLUMNS).where('id', '=', id).executeTakeFirst();
  return row && toToken(row);
}

/** Of one user, newest first, sessions too. */
export async function listTokens(reader: Reader, user: string): Promise<Token[]> {
  const rows = await reader
    .selectFrom('tokens')
    .select(COLUMNS)
    .where('user_name', '=', user)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1000)
    .execute();
  return rows.map(toToken);
}

/** False when it was revoked before. */
export async function revokeToken(tx: Tx, id: string, now: number): Promise<boolean> {
  const row = await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends the sessions of a user, except the one that asks. Returns how many ended. */
export async function revokeSessions(
  tx: Tx,
  user: string,
  except: string | undefined,
  now: number,
): Promise<number> {
  let query = tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('user_name', '=', user)
    .where('kind', '=', 'session')
    .where('revoked_at', 'is', null);
  if (except !== undefined) query = query.where('id', '!=', except);
  return (await query.returning('id').execute()).length;
}

/** Forgets sessions that ended long ago, so that signing in does not fill the table. */
export async function forgetSessions(tx: Tx, user: string, endedBefore: number): Promise<void> {
  await tx
    .deleteFrom('tokens')
    .where('user_name', '=', user)
    .where('kind', '=', 'session')
    .where((eb) => eb.or([eb('expires_at', '<', endedBefore), eb('revoked_at', '<', endedBefore)]))
    .execute();
}

export async function touchToken(tx: Tx, id: string, user: string, now: number): Promise<void> {
  await tx.updateTable('tokens').set({ last_used_at: now }).where('id', '=', id).execute();
  await tx.updateTable('users').set({ last_seen_at: now }).where('name', '=', user).execute();
}
