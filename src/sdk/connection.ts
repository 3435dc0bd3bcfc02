import { answeredIn } from '../lib/answered-in.ts';
import { AppError } from '../lib/errors.ts';

export interface Connection {
  url: string;
  token: string | undefined;
  project: string;
  fetch: typeof fetch;
}

const PATIENCE_MS = 30_000;
/** An answer has to begin in time (see `answeredIn`): of what may be asked twice soon, of the rest only before it never would. */
const ANSWER_MS = 60_000;
const ONCE_ANSWER_MS = 600_000;
/** Bytes go up before the answer begins. */
const UPLOAD_ANSWER_MS = 6 * 3_600_000;
const WAIT_MS = 250;
/** Asking for these twice does what asking once does (RFC 9110, 9.2.2). */
const REPEATABLE = ['GET', 'HEAD', 'PUT'];
/** Also what may then be there twice: for callers to whom an empty thing too many is less than an end. */
export const ANYTHING = [...REPEATABLE, 'POST', 'PATCH'];

/**
 * `fetch` that outlives a restart of the server, for up to 30 s: a connection that was refused, whose request cannot have arrived, is
 * tried again, and so is a repeatable request that got no answer, not even its first byte within `answerMs`. Steps are patient by
 * themselves, other clients when told to.
 */
export const patientFetch =
  (
    isPatient: boolean = isInStep(),
    answerMs: number = ANSWER_MS,
    repeated: readonly string[] = REPEATABLE,
  ): typeof fetch =>
  async (input, init) => {
    const repeatable = repeated.includes(init?.method ?? 'GET');
    const most = isSmall(init) ? (repeatable ? answerMs : ONCE_ANSWER_MS) : UPLOAD_ANSWER_MS;
    let until: number | undefined;
    for (;;) {
      try {
        return await (isPatient ? answeredIn(most, input, init) : fetch(input, init));
      } catch (error) {
        const refused = (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED';
        until ??= Date.now() + PATIENCE_MS;
        if (!isPatient || !(refused || repeatable) || init?.signal?.aborted || Date.now() > until)
          throw error;
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      }
    }
  };

/** `fetch` of who asks again by themselves: one answer in time, or none. */
export const answeredFetch: typeof fetch = (input, init) =>
  answeredIn(isSmall(init) ? ANSWER_MS : UPLOAD_ANSWER_MS, input, init);

export const isInStep = (): boolean => process.env.RONDO_ATTEMPT_KEY !== undefined;

const isSmall = (init?: RequestInit): boolean => init?.body == null || typeof init.body === 'string';

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

/** `path` begins with the experiment: `1/<run>/artifacts/model.onnx`. */
export async function uploadArtifact(
  connection: Connection,
  path: string,
  bytes: Uint8Array | string,
): Promise<void> {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const target = `/api/2.0/mlflow-artifacts/artifacts/${encoded}`;
  const answer = await send(connection, 'PUT', target, { body: bytes as BodyInit });
  await answer.arrayBuffer();
}
