import type { KeyValue } from '../../../domains/tracking/schema.ts';
import type { SourceRegistered, SourceRun, SourceTrace } from '../source.ts';

/** Numbers and names that stand for the same thing in MLflow's files, tables and messages. */
const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
const MODEL_STATUSES = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const;
const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;

export function runStatus(value: unknown): SourceRun['status'] {
  const named = RUN_STATUSES.find((status) => status === value);
  return named ?? RUN_STATUSES[Number(value) - 1] ?? 'FINISHED';
}

export function modelStatus(value: unknown): (typeof MODEL_STATUSES)[number] {
  return (
    MODEL_STATUSES.find((status) => status === value) ?? MODEL_STATUSES[Number(value)] ?? MODEL_STATUSES[0]
  );
}

export const stageOf = (value: unknown): (typeof STAGES)[number] =>
  STAGES.find((stage) => stage === value) ?? 'None';

/** Versions that were deleted keep a row with this stage. */
export const DELETED_STAGE = 'Deleted_Internal';

export const versionStatus = (value: unknown): SourceRegistered['versions'][number]['status'] =>
  value === 'PENDING_REGISTRATION' || value === 'FAILED_REGISTRATION' ? value : 'READY';

export const traceState = (value: unknown): SourceTrace['info']['state'] =>
  value === 'OK' || value === 'ERROR' || value === 'IN_PROGRESS' ? value : 'STATE_UNSPECIFIED';

export const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
export const number = (value: unknown): number => Number(value ?? 0);
export const numberOrNull = (value: unknown): number | null =>
  value === undefined || value === null || value === '' ? null : Number(value);
export const lifecycle = (value: unknown): 'active' | 'deleted' =>
  value === 'deleted' ? 'deleted' : 'active';

/** As proto JSON writes a time and a duration. */
export const timestamp = (ms: number): string =>
  Number.isNaN(new Date(ms).getTime()) ? `${ms} ms` : new Date(ms).toISOString();
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)}s`;

export const pairsOf = (pairs: Record<string, unknown>): KeyValue[] =>
  Object.entries(pairs).map(([key, value]) => ({ key, value: text(value) }));

/** A value as Python writes a float: `nan`, `inf`, `1e-05`. */
export function pythonFloat(value: string): number {
  const bare = value.trim().toLowerCase();
  const special: Record<string, number> = {
    nan: Number.NaN,
    inf: Infinity,
    '-inf': -Infinity,
    infinity: Infinity,
  };
  return special[bare] ?? Number(bare);
}
