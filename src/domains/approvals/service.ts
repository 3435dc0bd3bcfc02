import type { Database, Reader, Tx } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { AppError } from '../../lib/errors.ts';
import { urn } from '../../lib/urn.ts';
import { allows, mayIn, refuse, sightOf } from '../identity/policy.ts';
import type { Actor } from '../identity/schema.ts';
import { APPROVAL_ERRORS } from './errors.ts';
import type { Approval, ApprovalKind, ApprovalState } from './schema.ts';
import { findApproval, findOpen, insertApproval, listApprovals, saveVote, setState } from './store.ts';

export interface Request {
  project: string;
  kind: ApprovalKind;
  subject: string;
  digest: string;
  title: string;
  payload: Record<string, unknown>;
  /** `checking` when machines look first. */
  state?: 'open' | 'checking';
  needed?: number;
  allowSelf?: boolean;
  expiresAt?: number;
}

export interface ApprovalsService {
  /** Files a request in the transaction of the refused change; the same open request twice is one request. */
  request(tx: Tx, actor: Actor, request: Request): Promise<Approval>;
  /** Machines are done looking: people are asked now. */
  open(tx: Tx, id: number, needed: number, allowSelf: boolean): Promise<void>;
  /** Ends a request without people, for example because its gates decided or its digest no longer holds. */
  settle(
    tx: Tx,
    id: number,
    state: Exclude<ApprovalState, 'open' | 'checking'>,
    reason: string,
  ): Promise<boolean>;
  vote(actor: Actor, id: number, vote: { yes: boolean; comment: string; digest: string }): Promise<Approval>;
  get(id: number): Promise<Approval>;
  /** Throws 404 also for a request of a project that the actor may not see. */
  getFor(actor: Actor, id: number): Promise<Approval>;
  list(filter: Filter): Promise<Approval[]>;
  /** Of the projects that the actor may see. */
  listFor(actor: Actor, filter: Filter): Promise<Approval[]>;
}

interface Filter {
  project?: string | undefined;
  states?: readonly ApprovalState[] | undefined;
  subject?: string;
  limit?: number;
}

export function createApprovals(database: Database, events: Events): ApprovalsService {
  async function decided(tx: Tx, approval: Approval, state: ApprovalState, reason: string): Promise<void> {
    await events.append(tx, {
      type: 'approval.decided',
      source: 'approvals',
      subject: urn('approval', approval.id),
      project: approval.project,
      data: {
        id: approval.id,
        kind: approval.kind,
        of: approval.subject,
        digest: approval.digest,
        state,
        reason,
      },
    });
  }

  /** The request as the actor sees it, or as Rondo does; a request of another project is not there. */
  async function find(reader: Reader, id: number, actor?: Actor): Promise<Approval> {
    const approval = await findApproval(reader, id);
    if (approval && (!actor || mayIn(actor, 'view', approval.project))) return approval;
    throw new AppError(APPROVAL_ERRORS.APPROVAL_UNKNOWN, `There is no request ${id}.`);
  }

  return {
    get: (id) => find(database.read, id),
    getFor: (actor, id) => find(database.read, id, actor),
    list: (filter) => listApprovals(database.read, { ...filter, limit: filter.limit ?? 100 }),
    listFor: (actor, filter) =>
      listApprovals(database.read, {
        ...filter,
        limit: filter.limit ?? 100,
        sight: sightOf(actor, 'view'),
      }),
    async request(tx, actor, request) {
      const existing = await findOpen(tx, request);
      if (existing) return existing;
      const id = await insertApproval(tx, {
        project: request.project,
        kind: request.kind,
        subject: request.subject,
        digest: request.digest,
        title: request.title,
        payload: request.payload,
        state: request.state ?? 'open',
        needed: request.needed ?? 1,
        allow_self: request.allowSelf ?? false,
        requested_by: actor.name,
        created_at: Date.now(),
        expires_at: request.expiresAt ?? null,
      });
      await events.append(tx, {
        type: 'approval.requested',
        source: 'approvals',
        subject: urn('approval', id),
        project: request.project,
        data: { id, kind: request.kind, of: request.subject, digest: request.digest, title: request.title },
      });
      return (await findApproval(tx, id)) as Approval;
    },
    async open(tx, id, needed, allowSelf) {
      if (!(await setState(tx, id, ['checking'], 'open', null))) return;
      await tx
        .updateTable('approvals')
        .set({ needed, allow_self: Number(allowSelf) })
        .where('id', '=', id)
        .execute();
      const approval = (await findApproval(tx, id)) as Approval;
      await events.append(tx, {
        type: 'approval.opened',
        source: 'approvals',
        subject: urn('approval', id),
        project: approval.project,
        data: { id, kind: approval.kind, of: approval.subject, title: approval.title },
      });
    },
    async settle(tx, id, state, reason) {
      const approval = await findApproval(tx, id);
      if (!approval || !(await setState(tx, id, ['open', 'checking'], state, reason))) return false;
      await decided(tx, approval, state, reason);
      return true;
    },
    vote: (actor, id, vote) =>
      database.write(async (tx) => {
        const approval = await find(tx, id, actor);
        const place = { project: approval.project };
        if (!allows(actor, 'operate', place)) throw refuse(actor, 'operate', place);
        assertVotable(approval, actor, vote);
        await saveVote(tx, id, {
          voter: actor.name,
          yes: vote.yes,
          comment: vote.comment,
          voted_at: Date.now(),
        });
        const after = (await findApproval(tx, id)) as Approval;
        const yes = after.votes.filter((each) => each.yes).length;
        if (!vote.yes) {
          const reason = `rejected by ${actor.name}${vote.comment ? `: ${vote.comment}` : ''}`;
          await setState(tx, id, ['open'], 'rejected', reason);
          await decided(tx, after, 'rejected', reason);
        } else if (yes >= after.needed) {
          const reason = `approved by ${after.votes
            .filter((each) => each.yes)
            .map((each) => each.voter)
            .join(', ')}`;
          await setState(tx, id, ['open'], 'approved', reason);
          await decided(tx, after, 'approved', reason);
        }
        return (await findApproval(tx, id)) as Approval;
      }),
  };
}

function assertVotable(approval: Approval, actor: Actor, vote: { yes: boolean; digest: string }): void {
  if (approval.state !== 'open') {
    throw new AppError(
      APPROVAL_ERRORS.APPROVAL_ENDED,
      `Request ${approval.id} is ${approval.state}${approval.reason ? `: ${approval.reason}` : ''}.`,
    );
  }
  if (approval.expires_at !== null && approval.expires_at < Date.now()) {
    throw new AppError(APPROVAL_ERRORS.APPROVAL_ENDED, `Request ${approval.id} expired; ask again.`);
  }
  if (vote.digest !== approval.digest) {
    throw new AppError(
      APPROVAL_ERRORS.APPROVAL_DIGEST,
      `Your answer is about ${vote.digest.slice(0, 12)}, the request about ${approval.digest.slice(0, 12)}.`,
    );
  }
  if (vote.yes && !approval.allow_self && actor.name === approval.requested_by) {
    throw new AppError(APPROVAL_ERRORS.APPROVAL_SELF, 'You started this request.');
  }
}
