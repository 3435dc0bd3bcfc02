import { z } from 'zod';
import { endpoint } from '../lib/contract/index.ts';
import { Collection, CollectRequest, StorageUse } from './storage/schema.ts';

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
  getStorage: endpoint({
    method: 'GET',
    path: '/api/v1/storage',
    summary: 'Blobs and bytes of the artifact store by what references them',
    needs: 'operate',
    response: StorageUse,
  }),
  collectStorage: endpoint({
    method: 'POST',
    path: '/api/v1/storage/collections',
    summary: 'Set aside blobs that nothing references, and remove those that were set aside before',
    needs: 'admin',
    body: CollectRequest,
    response: z.object({ job: z.string() }),
  }),
  getCollection: endpoint({
    method: 'GET',
    path: '/api/v1/storage/collections/:job',
    summary: 'How a collection stands or what it did',
    needs: 'operate',
    params: z.object({ job: z.string() }),
    response: z.object({
      state: z.enum(['queued', 'running', 'done', 'dead', 'cancelled']),
      error: z.string().nullable(),
      result: Collection.nullable(),
    }),
  }),
};
