import { AppError } from '../lib/errors.ts';

export interface Connection {
  url: string;
  token: string | undefined;
  project: string;
  fetch: typeof fetch;
}

const STEP_PATIENCE_MS = 120_000;
const WAIT_MS = 250;
/** Nothing was sent, or nobody knows what became of what was sent. */
const SERVER_GONE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ETIMEDOUT']);

/**
 * `fetch` that waits while the server is away: it is being restarted, and a step or a script must not die of that. Whatever
 * was sent is sent again, so a request that changes something happens at least once.
 */
export const patientFetch =
  (patience: number): typeof fetch =>
  async (input, init) => {
    const until = Date.now() + patience;
    for (;;) {
      try {
        return await whole(await fetch(input, init));
      } catch (error) {
        const { code } = causeOf(error);
        const known = code !== undefined && SERVER_GONE.has(code);
        if (!known || Date.now() > until || init?.body instanceof ReadableStream) throw error;
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      }
    }
  };

/** A JSON answer that was read to its end: a server can die in the middle of one, too. */
async function whole(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.startsWith('application/json')) return response;
  const { status, statusText, headers } = response;
  return new Response(await response.arrayBuffer(), { status, statusText, headers });
}

const causeOf = (error: unknown): { code?: string } =>
  (error as { cause?: { code?: string } }).cause ?? (error as { code?: string });

/** How long requests wait for a server that is away: inside a step two minutes, elsewhere not at all. */
export const patienceOf = (given: number | undefined): number =>
  given ?? (process.env.RONDO_ATTEMPT_KEY === undefined ? 0 : STEP_PATIENCE_MS);

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
  const response = await connection
    .fetch(connection.url + path, { ...init, method, headers })
    .catch((cause: unknown) => {
      throw new AppError({ code: 'UNREACHABLE', status: 503 }, `No answer from ${connection.url}.`, {
        hint: 'Is the server running? `rondo server` starts it; RONDO_URL says where it is.',
        cause,
      });
    });
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
