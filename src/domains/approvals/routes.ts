import { bind, type Bound } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { approvalsContract } from './contract.ts';
import type { ApprovalsService } from './service.ts';

export const approvalsRoutes = (approvals: ApprovalsService): Bound<Actor>[] =>
  bind(approvalsContract, {
    listApprovals: async ({ actor, query }) => ({
      approvals: await approvals.listFor(actor, {
        project: query.project,
        limit: query.limit,
        ...(query.state ? { states: [query.state] } : {}),
      }),
    }),
    getApproval: ({ actor, params }) => approvals.getFor(actor, params.id),
    vote: ({ actor, params, body }) => approvals.vote(actor, params.id, body),
  });
