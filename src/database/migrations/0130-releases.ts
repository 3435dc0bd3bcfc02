import type { Migration } from '../migrate.ts';

export const releases: Migration = {
  number: 130,
  name: 'releases',
  up: (ddl) => [
    `create table promotions (
      id ${ddl.serial},
      project text not null,
      approval bigint unique,
      environment text not null,
      endpoint text not null,
      model text not null,
      version bigint not null,
      change text not null,
      release text,
      state text not null,
      gates text not null,
      rollout bigint,
      next text not null,
      requested_by text not null,
      caused_by text,
      sentence text not null,
      created_at bigint not null,
      ended_at bigint
    )`,
    'create index promotions_project on promotions (project, id)',
    'create index promotions_rollout on promotions (rollout)',
  ],
};
