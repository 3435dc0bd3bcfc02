import type { Migration } from '../migrate.ts';

export const evaluations: Migration = {
  number: 81,
  name: 'evaluations',
  up: (ddl) => [
    `create table evaluations (
      id ${ddl.serial},
      project text not null,
      model text not null,
      version bigint not null,
      model_digest text not null,
      dataset text not null,
      dataset_version bigint not null,
      dataset_digest text not null,
      label text not null,
      loss text not null,
      champion bigint,
      n bigint not null,
      report text not null,
      created_at bigint not null
    )`,
    'create index evaluations_model on evaluations (project, model, version, id)',
  ],
};
