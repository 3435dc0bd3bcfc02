export {
  enqueue,
  findJob,
  finish,
  type Job,
} from './jobs.ts';
export { type JobOutcome, JobWorker } from './worker.ts';
