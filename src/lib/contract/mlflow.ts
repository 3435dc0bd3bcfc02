import type { z } from 'zod';
import { AppError } from '../errors.ts';

/** MLflow's error names by status where Rondo's own code has no MLflow twin. */
const BY_CODE: Record<string, string> = {
  INVALID: 'INVALID_PARAMETER_VALUE',
  UNPROCESSABLE: 'INVALID_PARAMETER_VALUE',
  UNSUPPORTED_MEDIA: 'INVALID_PARAMETER_VALUE',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'PERMISSION_DENIED',
  NOT_FOUND: 'RESOURCE_DOES_NOT_EXIST',
  CONFLICT: 'RESOURCE_CONFLICT',
  TOO_LARGE: 'INVALID_PARAMETER_VALUE',
  OVERLOADED: 'RESOURCE_EXHAUSTED',
  INTERNAL: 'INTERNAL_ERROR',
  UNAVAILABLE: 'TEMPORARILY_UNAVAILABLE',
};

/** How MLflow's newer clients sort errors, by error code: `error_class` and `sqlstate`. */
const CLASSES: Record<string, readonly [name: string, sqlstate: string]> = {
  BAD_REQUEST: ['INVALID_PARAMETER_VALUE', 'KAM00'],
  INVALID_PARAMETER_VALUE: ['INVALID_PARAMETER_VALUE', 'KAM00'],
  RESOURCE_ALREADY_EXISTS: ['RESOURCE_ALREADY_EXISTS', 'KAM00'],
  RESOURCE_DOES_NOT_EXIST: ['RESOURCE_NOT_FOUND', 'KAM00'],
  NOT_FOUND: ['RESOURCE_NOT_FOUND', 'KAM00'],
  PERMISSION_DENIED: ['PERMISSION_DENIED', 'KAM00'],
  INTERNAL_ERROR: ['CLIENT_INTERNAL_ERROR', 'XXM00'],
  INVALID_STATE: ['CLIENT_INTERNAL_ERROR', 'XXM00'],
  TEMPORARILY_UNAVAILABLE: ['CLIENT_INTERNAL_ERROR', 'XXM00'],
};

/** MLflow answers every bad input with 400; its clients take other codes between 400 and 499 for faults of a proxy. */
export function mlflowStatus(error: AppError): number {
  return [413, 415, 422].includes(error.status) ? 400 : error.status;
}

/** The body of an error as MLflow's clients read it. */
export function mlflowFault(error: AppError): MlflowFault {
  const error_code = BY_CODE[error.code] ?? error.code;
  const [error_class, sqlstate] = CLASSES[error_code] ?? [];
  return {
    error_code,
    message: wordsOf(error),
    ...(error_class && sqlstate ? { sqlstate, error_class } : {}),
  };
}

interface MlflowFault {
  error_code: string;
  message: string;
  sqlstate?: string;
  error_class?: string;
}

function wordsOf(error: AppError): string {
  if (error.code === 'UNSUPPORTED_MEDIA')
    return "Bad Request. Content-Type must be one of ['application/json'].";
  return error.hint && error.code === 'FORBIDDEN' ? `${error.message} ${error.hint}` : error.message;
}

/** MLflow's own words for a missing or wrong parameter; clients match them. */
export function mlflowInvalid(issues: z.core.$ZodIssue[], value: unknown): AppError {
  const kind = { code: 'INVALID_PARAMETER_VALUE', status: 400 };
  const issue = issues[0];
  const path = issue?.path.map((part) => (typeof part === 'number' ? `[${part}]` : String(part))) ?? [];
  const name = path.reduce<string>(
    (text, part) => (part.startsWith('[') || !text ? text + part : `${text}.${part}`),
    '',
  );
  const found = valueAt(value, issue?.path ?? []);
  if ((found === undefined || found === null || found === '') && issue?.code !== 'custom') {
    return new AppError(
      kind,
      `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`,
    );
  }
  const text = JSON.stringify(found) ?? 'undefined';
  const custom = issue?.code === 'custom' ? issue.message : undefined;
  return new AppError(
    kind,
    custom ??
      `Invalid value ${text.length > 200 ? `${text.slice(0, 200)}…` : text} for parameter '${name}' supplied:  Hint: Value was of type '${pythonType(found)}'. See the API docs for more information about request parameters.`,
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      at === null || typeof at !== 'object' ? undefined : (at as Record<PropertyKey, unknown>)[key],
    value,
  );
}

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'dict';
}
