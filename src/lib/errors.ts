/** What the outside sees of a failure; HTTP, CLI and UI render this object and nothing else. */
export interface Fault {
  code: string;
  message: string;
  hint?: string;
  /** Machine-readable particulars, for example the offending column. Never a path or a stack. */
  details?: unknown;
  request_id?: string;
}

interface Kind {
  code: string;
  status: number;
  hint?: string;
}

/**
 * The one error of Rondo. `code` is permanent; branch on it, never on text.
 * `message` says what did not happen and why, `hint` what to do; `cause` stays inside the process.
 */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly details: unknown;
  /** Of the request that a server refused, when this error came over the wire. */
  readonly requestId: string | undefined;

  constructor(
    kind: Kind,
    message: string,
    options: {
      hint?: string | undefined;
      details?: unknown;
      cause?: unknown;
      requestId?: string | undefined;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = kind.code;
    this.status = kind.status;
    this.hint = options.hint ?? kind.hint;
    this.details = options.details;
    this.requestId = options.requestId;
  }

  toFault(requestId: string | undefined = this.requestId): Fault {
    const fault: Fault = { code: this.code, message: this.message };
    if (this.hint !== undefined) fault.hint = this.hint;
    if (this.details !== undefined) fault.details = this.details;
    if (requestId !== undefined) fault.request_id = requestId;
    return fault;
  }
}

/** The kinds every room shares. A room declares kinds of its own in its `errors.ts` with `defineErrors`. */
export const ERRORS = defineErrors({
  INVALID: { status: 400 },
  UNAUTHENTICATED: {
    status: 401,
    hint: 'Send the token of this server: Authorization: Bearer <token>. `rondo token` prints it.',
  },
  FORBIDDEN: { status: 403 },
  NOT_FOUND: { status: 404 },
  CONFLICT: { status: 409 },
  TOO_LARGE: { status: 413 },
  UNSUPPORTED_MEDIA: { status: 415, hint: 'Send Content-Type: application/json.' },
  UNPROCESSABLE: { status: 422 },
  OVERLOADED: { status: 429 },
  INTERNAL: { status: 500, hint: 'The server log has the cause under this request id.' },
  UNAVAILABLE: { status: 503 },
  DISK_FULL: {
    status: 507,
    hint: 'Free space where the data folder is, then try again; reading goes on meanwhile.',
  },
});

/** Declares error kinds: the key becomes the permanent code. */
export function defineErrors<K extends string>(
  kinds: Record<K, { status: number; hint?: string }>,
): Record<K, Kind> {
  const entries = Object.entries<{ status: number; hint?: string }>(kinds);
  return Object.fromEntries(entries.map(([code, kind]) => [code, { code, ...kind }])) as Record<K, Kind>;
}

export const invalid = (message: string, hint?: string, details?: unknown) =>
  new AppError(ERRORS.INVALID, message, { hint, details });

export const notFound = (what: string, hint?: string) =>
  new AppError(ERRORS.NOT_FOUND, `${what} was not found.`, { hint });

export const conflict = (message: string, hint?: string) => new AppError(ERRORS.CONFLICT, message, { hint });

/** Turns whatever was thrown into an AppError; anything unknown becomes INTERNAL without its text. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { code } = (thrown ?? {}) as { code?: unknown };
  if (typeof code === 'string' && FULL.includes(code))
    return new AppError(ERRORS.DISK_FULL, 'The disk is full; nothing was changed.', { cause: thrown });
  const refused = typeof code === 'string' ? REFUSED[code] : undefined;
  if (refused) return new AppError(ERRORS.INVALID, refused, { cause: thrown });
  return new AppError(ERRORS.INTERNAL, 'An unexpected error happened; nothing was changed.', {
    cause: thrown,
  });
}

/** Of the file system, of SQLite, of PostgreSQL. */
const FULL = ['ENOSPC', 'EDQUOT', 'SQLITE_FULL', '53100'];

const NOT_A_TEXT = 'A text holds NUL or half a character, which the database cannot keep or look for.';
/** By PostgreSQL's code, what it says of a value that somebody sent: no fault of the server, and not to be tried again. */
const REFUSED: Readonly<Record<string, string>> = {
  '22021': NOT_A_TEXT,
  '22P05': NOT_A_TEXT,
  '2201B': 'The database does not read that regular expression.',
  '54000': 'A text is longer than what can be looked up.',
};
