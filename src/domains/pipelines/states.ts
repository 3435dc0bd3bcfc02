import { type AttemptState, type RunState, STEP_STATES, type StepState } from './schema/runs.ts';

/** States of a step run, with every state it may go to. `done` and `reused` have outputs; the last five are final. */
export const STEP_TRANSITIONS = {
  waiting: ['queued', 'reused', 'skipped', 'blocked', 'cancelled', 'failed'],
  queued: ['running', 'cancelled', 'failed'],
  running: ['done', 'failed', 'queued', 'cancelled'],
  done: [],
  reused: [],
  failed: [],
  cancelled: [],
  skipped: [],
  blocked: [],
} as const satisfies Record<StepState, readonly StepState[]>;

export const RUN_TRANSITIONS = {
  running: ['done', 'failed', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<RunState, readonly RunState[]>;

export const ATTEMPT_TRANSITIONS = {
  running: ['done', 'failed', 'lost', 'cancelled'],
  done: [],
  failed: [],
  lost: [],
  cancelled: [],
} as const satisfies Record<AttemptState, readonly AttemptState[]>;

export const isFinal = (state: StepState): boolean => STEP_TRANSITIONS[state].length === 0;
export const hasOutputs = (state: StepState): boolean => state === 'done' || state === 'reused';

/** States from which a step run may enter `state`: the guard of every update statement. */
export const sourcesOf = (state: StepState): StepState[] =>
  STEP_STATES.filter((from) => (STEP_TRANSITIONS[from] as readonly string[]).includes(state));

/** What a run has come to once every step run is final; undefined while one is not. */
export function runOutcome(states: readonly StepState[]): Exclude<RunState, 'running'> | undefined {
  if (!states.every(isFinal)) return undefined;
  if (states.includes('failed')) return 'failed';
  if (states.includes('cancelled')) return 'cancelled';
  return states.includes('blocked') ? 'failed' : 'done';
}
