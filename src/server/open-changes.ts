import type { Server } from 'node:http';

const CHANGES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Counts the requests under way that change something. */
export function openChanges(server: Server): { ended(): Promise<void> } {
  const open = new Set<object>();
  const waiting = new Set<() => void>();
  server.on('request', ({ method }, response) => {
    if (!CHANGES.has(method ?? '')) return;
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      if (open.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting.clear();
    });
  });
  return {
    ended: async () => {
      if (open.size > 0) await new Promise<void>((resolve) => waiting.add(resolve));
    },
  };
}
