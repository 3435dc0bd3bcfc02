import type { Migration } from '../migrate.ts';

/**
 * Runs that were deleted for good, until a job has removed what they logged: the run itself is gone at once. `place` is where
 * its files lie.
 */
export const purges: Migration = {
  number: 73,
  name: 'purges',
  up: () => ['create table purged_runs (run bigint primary key, place text not null)'],
};
