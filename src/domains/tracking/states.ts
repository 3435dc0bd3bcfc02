import type { RunStatus } from './schema.ts';

const ENDED: readonly RunStatus[] = ['FINISHED', 'FAILED', 'KILLED'];

/** Whether a run in this state is over. Clients may still log to it, or start it again. */
export const isEnded = (status: RunStatus): boolean => ENDED.includes(status);
