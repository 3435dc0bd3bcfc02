import { sql } from 'kysely';
import { inSight, type Reader, type Tx } from '../../database/index.ts';
import type { Sight } from '../../lib/contract/index.ts';
import type { Approval, ApprovalKind, ApprovalState, Vote } from './schema.ts';

interface ApprovalTable {
  id: number;
  project: string;
  kind: ApprovalKind;
  subject: string;
  digest: string;
  title: string;
  payload: string;
  state: ApprovalState;
  needed: number;
  allow_self: number;
  requested_by: string;
  reason: string | null;
  created_at: number;
  expires_at: number | null;
  decided_at: number | null;
}

declare module '../../database/tables.ts' {
  interface Tables {
    approvals: ApprovalTable;
    approval_votes: {
      approval_id: number;
      voter: string;
      yes: number;
      comment: string;
      voted_at: number;
      /** Place among the votes of its approval, for two can come within one millisecond. */
      nth: number;
    };
  }
}

export type NewApproval = Omit<Approval, 'id' | 'votes' | 'reason' | 'decided_at'>;

export async function insertApproval(tx: Tx, approval: NewApproval): Promise<number> {
  const { id: _, ...row } = {
    ...approval,
    id: undefined,
    payload: JSON.stringify(approval.payload),
    allow_self: Number(approval.allow_self),
  };
  const inserted = await tx
    .insertInto('approvals')
    .values({ ...row, reason: null, decided_at: null } as Omit<ApprovalTable, 'id'> as ApprovalTable)
    .returning('id')
    .executeTakeFirstOrThrow();
  return inserted.id;
}

export async function findOpen(
  reader: Reader,
  key: Pick<Approval, 'project' | 'kind' | 'subject' | 'digest'>,
): Promise<Approval | undefined> {
  const row = await reader
    .selectFrom('approvals')
    .selectAll()
    .where('project', '=', key.project)
    .where('kind', '=', key.kind)
    .where('subject', '=', key.subject)
    .where('digest', '=', key.digest)
    .where('state', 'in', ['open', 'checking'])
    .executeTakeFirst();
  return row && (await withVotes(reader, [row]))[0];
}

export async function findApproval(reader: Reader, id: number): Promise<Approval | undefined> {
  const row = await reader.selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirst();
  return row && (await withVotes(reader, [row]))[0];
}

export async function listApprovals(
  reader: Reader,
  filter: {
    project?: string | undefined;
    states?: readonly ApprovalState[] | undefined;
    subject?: string;
    limit: number;
    sight?: Sight;
  },
): Promise<Approval[]> {
  let query = reader.selectFrom('approvals').selectAll().orderBy('id', 'desc').limit(filter.limit);
  if (filter.project) query = query.where('project', '=', filter.project);
  if (filter.subject) query = query.where('subject', '=', filter.subject);
  if (filter.sight) query = query.where((eb) => inSight(eb, 'project', filter.sight as Sight));
  if (filter.states) query = query.where('state', 'in', filter.states);
  return withVotes(reader, await query.execute());
}

export async function setState(
  tx: Tx,
  id: number,
  from: readonly ApprovalState[],
  to: ApprovalState,
  reason: string | null,
): Promise<boolean> {
  const ended = !['open', 'checking'].includes(to);
  const row = await tx
    .updateTable('approvals')
    .set({ state: to, reason, decided_at: ended ? Date.now() : null })
    .where('id', '=', id)
    .where('state', 'in', from)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function saveVote(tx: Tx, id: number, vote: Vote): Promise<void> {
  const row = {
    approval_id: id,
    voter: vote.voter,
    yes: Number(vote.yes),
    comment: vote.comment,
    voted_at: vote.voted_at,
    nth: sql<number>`(select coalesce(max(nth), 0) + 1 from approval_votes where approval_id = ${id})`,
  };
  await tx
    .insertInto('approval_votes')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['approval_id', 'voter'])
        .doUpdateSet({ yes: row.yes, comment: row.comment, voted_at: row.voted_at, nth: row.nth }),
    )
    .execute();
}

async function withVotes(reader: Reader, rows: ApprovalTable[]): Promise<Approval[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const votes = await reader
    .selectFrom('approval_votes')
    .selectAll()
    .where('approval_id', 'in', ids)
    .orderBy('nth')
    .execute();
  return rows.map((row) => ({
    ...row,
    allow_self: row.allow_self === 1,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    votes: votes
      .filter((vote) => vote.approval_id === row.id)
      .map(({ voter, yes, comment, voted_at }) => ({ voter, yes: yes === 1, comment, voted_at })),
  }));
}
