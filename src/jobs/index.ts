export {
  cancel,
  enqueue,
  findJob,
  finish,
  type Job,
  JOB_STATES,
  type JobState,
  type NewJob,
} from './jobs.ts';
export { type JobContext, type JobOutcome, JobWorker } from './worker.ts';
