import { z } from 'zod';
import { endpoint } from '../lib/contract/index.ts';

export const serverContract = {
  getWork: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/work',
    summary:
      'What still runs by itself in a project; quiet when every consequence of what happened so far has ended',
    needs: 'view',
    params: z.object({ project: z.string() }),
    response: z.object({ quiet: z.boolean(), busy: z.array(z.string()) }),
  }),
  getStatus: endpoint({
    method: 'GET',
    path: '/api/v1/status',
    summary: 'This server: version, addresses, database',
    needs: 'view',
    across: true,
    response: z.object({
      version: z.string(),
      gateway: z.string().nullable(),
      database: z.enum(['sqlite', 'postgres']),
      uptime_s: z.number(),
    }),
  }),
};
