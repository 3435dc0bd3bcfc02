import { bind, type Bound } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { approvalsContract } from './contract.ts';
import type { ApprovalsService } from './service.ts';

export const approvalsRoutes = (approvals: ApprovalsService): Bound<Actor>[] =>
  bind(approvalsContract, {
    listApprovals: async ({ query }) => ({
      approvals: await approvals.list({
        project: query.project,
        limit: query.limit,
        ...(query.state ? { states: [query.state] } : {}),
      }),
    }),
    getApproval: ({ params }) => approvals.get(params.id),
    vote: ({ actor, params, body }) => approvals.vote(actor, params.id, body),
  });
