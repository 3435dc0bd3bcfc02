import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Name } from '../projects/schema.ts';
import { AttestBody, Attestation, CiReport, CiResult, Maturity, PortfolioRow } from './schema.ts';

const params = z.object({ project: Name });

export const maturityContract = {
  getMaturity: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/maturity',
    summary:
      'Level 0 to 4 of a project, each criterion with its evidence and next step, and the ML Test Score',
    needs: 'view',
    params,
    response: Maturity,
  }),
  listMaturity: endpoint({
    method: 'GET',
    path: '/api/v1/maturity',
    summary: 'The levels of all projects that the caller may see',
    needs: 'view',
    across: true,
    response: z.object({ projects: z.array(PortfolioRow) }),
  }),
  attest: endpoint({
    method: 'PUT',
    path: '/api/v1/projects/:project/maturity/attestations/:criterion',
    summary: "Record a person's word on how the roles work together, with the day it expires",
    needs: 'edit',
    params: z.object({ project: Name, criterion: z.string().max(100) }),
    body: AttestBody,
    response: Attestation,
  }),
  reportCi: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/ci-results',
    summary: 'Report the outcome of a test suite or build of a commit',
    needs: 'edit',
    params,
    body: CiReport,
    response: CiResult,
    status: 201,
  }),
  listCiResults: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/ci-results',
    summary: 'Reported test suites and builds, newest first',
    needs: 'view',
    params,
    query: z.object({
      commit: z
        .string()
        .regex(/^[0-9a-f]{1,64}$/)
        .optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    response: z.object({ results: z.array(CiResult) }),
  }),
};
