import { AppError } from '../lib/errors.ts';

export interface Connection {
  url: string;
  token: string | undefined;
  project: string;
}

const PATIENCE_MS = 30_000;
const WAIT_MS = 250;

/** `fetch` that waits up to 30 s while nothing listens: a server that is being restarted loses no step. */
export const patient: typeof fetch = async (input, init) => {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await fetch(input, init);
    } catch (error) {
      const code = (error as { cause?: { code?: string } }).cause?.code;
      // Refused means that nothing was sent, so asking again cannot do anything twice.
      if (code !== 'ECONNREFUSED' || Date.now() > until || !isInStep()) throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
};

const isInStep = (): boolean => process.env.RONDO_ATTEMPT_KEY !== undefined;

export async function send(
  connection: Connection,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (connection.token) headers.set('authorization', `Bearer ${connection.token}`);
  headers.set('x-mlflow-workspace', connection.project);
  if (init.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/octet-stream');
  const response = await patient(connection.url + path, { ...init, method, headers }).catch(
    (cause: unknown) => {
      throw new AppError({ code: 'UNREACHABLE', status: 503 }, `No answer from ${connection.url}.`, {
        hint: 'Is the server running? `rondo server` starts it; RONDO_URL says where it is.',
        cause,
      });
    },
  );
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<AppError> {
  const text = await response.text();
  let body: { code?: string; error_code?: string; message?: string; hint?: string } = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // Not JSON: a proxy in between, or MLflow's plain answers.
  }
  const code = body.code ?? body.error_code ?? 'UNKNOWN';
  const message = body.message ?? `${response.status} ${response.statusText} ${text}`.trim().slice(0, 500);
  return new AppError({ code, status: response.status }, message, body.hint ? { hint: body.hint } : {});
}
