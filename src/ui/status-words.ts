export type Tone = 'ok' | 'accent' | 'warn' | 'fail' | 'mute' | 'ink';

export type Shape =
  | 'check'
  | 'turning'
  | 'triangle'
  | 'hollow-triangle'
  | 'cross'
  | 'hollow-cross'
  | 'dotted'
  | 'bars'
  | 'slashed'
  | 'question'
  | 'clock'
  | 'half'
  | 'return'
  | 'diamond';

export interface StatusLook {
  tone: Tone;
  shape: Shape;
}

/** The only words a status may be shown with; each has one shape and one tone everywhere. */
export const STATUS = {
  Passed: { tone: 'ok', shape: 'check' },
  Healthy: { tone: 'ok', shape: 'check' },
  Done: { tone: 'ok', shape: 'check' },
  Running: { tone: 'accent', shape: 'turning' },
  Live: { tone: 'accent', shape: 'turning' },
  Warning: { tone: 'warn', shape: 'triangle' },
  Degraded: { tone: 'warn', shape: 'triangle' },
  Pending: { tone: 'warn', shape: 'hollow-triangle' },
  Recovering: { tone: 'warn', shape: 'hollow-triangle' },
  Failed: { tone: 'fail', shape: 'cross' },
  Alert: { tone: 'fail', shape: 'cross' },
  Broken: { tone: 'fail', shape: 'cross' },
  Blocked: { tone: 'mute', shape: 'hollow-cross' },
  Queued: { tone: 'mute', shape: 'dotted' },
  Paused: { tone: 'mute', shape: 'bars' },
  Cancelled: { tone: 'mute', shape: 'slashed' },
  Skipped: { tone: 'mute', shape: 'slashed' },
  'No data': { tone: 'mute', shape: 'question' },
  Stale: { tone: 'mute', shape: 'clock' },
  Provisional: { tone: 'mute', shape: 'half' },
  Reproduced: { tone: 'ok', shape: 'check' },
  Differs: { tone: 'fail', shape: 'cross' },
  Reused: { tone: 'ok', shape: 'return' },
  'Needs you': { tone: 'ink', shape: 'diamond' },
} as const satisfies Record<string, StatusLook>;

export type StatusWord = keyof typeof STATUS;

const FROM_MLFLOW: Readonly<Record<string, StatusWord>> = {
  RUNNING: 'Running',
  SCHEDULED: 'Queued',
  FINISHED: 'Done',
  FAILED: 'Failed',
  KILLED: 'Cancelled',
};

const FROM_MONITOR: Readonly<Record<string, StatusWord>> = {
  healthy: 'Healthy',
  pending: 'Pending',
  alert: 'Alert',
  recovering: 'Recovering',
  no_data: 'No data',
  failed: 'Failed',
};

/** The word for a run state of the MLflow protocol; an unknown one is "No data". */
export const fromMlflow = (state: string): StatusWord => FROM_MLFLOW[state] ?? 'No data';

/** The word for the state of a monitor; an unknown one is "No data". */
export const fromMonitor = (state: string): StatusWord =>
  FROM_MONITOR[state.toLowerCase().replace(' ', '_')] ?? 'No data';

const WORDS = new Map(Object.keys(STATUS).map((word) => [word.toLowerCase(), word as StatusWord]));

/** The word for a state stored in lower case or snake case ("needs_you", "queued"), or undefined. */
export const fromState = (state: string): StatusWord | undefined =>
  WORDS.get(state.toLowerCase().replaceAll('_', ' '));
