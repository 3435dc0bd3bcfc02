import { z } from 'zod';
import { endpoint } from '../lib/contract/index.ts';

export const EventItem = z.object({
  id: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string(),
  project: z.string().nullable(),
  time: z.number(),
  data: z.unknown(),
  cursor: z.string(),
});
export type EventItem = z.infer<typeof EventItem>;

export const eventsContract = {
  streamEvents: endpoint({
    method: 'GET',
    path: '/api/v1/events',
    summary: 'Facts as they happen and live signals, as server-sent events; resumes after Last-Event-ID',
    needs: 'view',
    across: true,
    kind: 'events',
    query: z.object({ project: z.string().optional(), after: z.string().optional() }),
    response: z.unknown(),
  }),
  listEvents: endpoint({
    method: 'GET',
    path: '/api/v1/activity',
    summary: 'What happened, newest first',
    needs: 'view',
    across: true,
    query: z.object({
      project: z.string().optional(),
      subject: z.string().optional(),
      types: z.string().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
      before: z.string().optional(),
    }),
    response: z.object({ events: z.array(EventItem) }),
  }),
};
