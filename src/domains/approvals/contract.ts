import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Approval, ApprovalState, VoteBody } from './schema.ts';

const params = z.object({ id: z.coerce.number().int().positive() });

export const approvalsContract = {
  listApprovals: endpoint({
    method: 'GET',
    path: '/api/v1/approvals',
    summary: 'The inbox: what waits for a person, and what was decided',
    needs: 'view',
    across: true,
    query: z.object({
      project: z.string().optional(),
      state: ApprovalState.optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    response: z.object({ approvals: z.array(Approval) }),
  }),
  getApproval: endpoint({
    method: 'GET',
    path: '/api/v1/approvals/:id',
    summary: 'One request',
    needs: 'view',
    across: true,
    params,
    response: Approval,
  }),
  vote: endpoint({
    method: 'POST',
    path: '/api/v1/approvals/:id/votes',
    summary: 'Approve or reject exactly the content of the digest',
    needs: 'operate',
    across: true,
    params,
    body: VoteBody,
    response: Approval,
  }),
};
