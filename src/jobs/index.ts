export {
  enqueue,
  findJob,
  finish,
  type Job,
} from './jobs.ts';
export { endLease, holdLease } from './lease.ts';
export { type JobOutcome, JobWorker } from './worker.ts';
