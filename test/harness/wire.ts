import { rawRequest } from './raw-request.ts';
import type { TestServer } from './server.ts';

export const API = '/api/2.0/mlflow';

/** MLflow's wire as a client without a token speaks it, to the server that there is when it is asked. */
export function wireOf(server: () => TestServer) {
  const call = (method: string, path: string, body?: unknown, prefix = API) =>
    server().call(method, prefix + path, body, { anonymous: true });
  return {
    call,
    /** The request exactly as written. */
    raw: (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
      rawRequest(server().url, { method, path, headers, ...(body === undefined ? {} : { body }) }),
    newRun: async (): Promise<string> => (await call('POST', '/runs/create', {})).body.run.info.run_id,
  };
}
