import type { Migration } from '../migrate.ts';

/** Named views of the runs table, and the ways from a run to those that name it as their parent or make it again. */
export const views: Migration = {
  number: 72,
  name: 'views',
  up: () => [
    `create table run_views (
      project text not null,
      name text not null,
      state text not null,
      author text not null,
      updated_at bigint not null,
      primary key (project, name)
    )`,
    `create index run_tags_parent on run_tags (value, run) where key = 'mlflow.parentRunId'`,
    `create index run_tags_reproduces on run_tags (value, run) where key = 'rondo.reproduces'`,
  ],
};
