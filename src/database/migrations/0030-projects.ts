import type { Migration } from '../migrate.ts';

export const projects: Migration = {
  number: 30,
  name: 'projects',
  up: () => [
    `create table projects (
      name text primary key,
      title text not null,
      revision bigint not null,
      file text not null,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    `create table project_revisions (
      project text not null,
      revision bigint not null,
      author text not null,
      file text not null,
      created_at bigint not null,
      primary key (project, revision)
    )`,
  ],
};
