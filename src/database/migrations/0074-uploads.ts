import type { Migration } from '../migrate.ts';

/**
 * Uploads in parts that clients make to the store itself: `open` until the parts are joined, `joined` until a job has read the
 * bytes, `done` once the name points to them. `upload` is the store's own id.
 */
export const uploads: Migration = {
  number: 74,
  name: 'uploads',
  up: () => [
    `create table artifact_uploads (
      id text primary key,
      project text not null,
      root text not null,
      path text not null,
      upload text not null,
      state text not null,
      created_at bigint not null
    )`,
  ],
};
