import type { StatusWord } from '../../../ui/status-words.ts';
import type { LogChunk, RunItem, RunState, StepState } from '../schema/runs.ts';

export const RUN_WORDS: Readonly<Record<RunState, StatusWord>> = {
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const STEP_WORDS: Readonly<Record<StepState, StatusWord>> = {
  waiting: 'Queued',
  queued: 'Queued',
  running: 'Running',
  done: 'Done',
  reused: 'Reused',
  failed: 'Failed',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
  blocked: 'Blocked',
};

/** States of steps, what went wrong first. */
export const STATUS_ORDER: readonly StatusWord[] = [
  'Failed',
  'Blocked',
  'Running',
  'Queued',
  'Cancelled',
  'Done',
  'Reused',
  'Skipped',
];

export const stepWord = (state: StepState): StatusWord => STEP_WORDS[state];

/** "7 done, 1 reused". */
export const countsText = (counts: RunItem['counts']): string =>
  Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ');

/** Chunks of a log as lines; what a step printed to its error stream is no error by itself. */
export function logLines(
  chunks: readonly LogChunk[],
): { text: string; at: number; level?: 'error' | 'debug' }[] {
  return chunks.flatMap((chunk) =>
    chunk.text
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => ({
        text,
        at: chunk.time,
        level:
          chunk.stream === 'note'
            ? ('debug' as const)
            : /^\s*(\w*Error|Uncaught|Traceback|fatal)\b/.test(text)
              ? ('error' as const)
              : undefined,
      })),
  );
}
