import type { Migration } from '../migrate.ts';

export const features: Migration = {
  number: 60,
  name: 'features',
  up: () => [
    `create table feature_definitions (
      project text not null,
      kind text not null,
      name text not null,
      version bigint not null,
      digest text not null,
      definition text not null,
      applied bigint not null,
      created_at bigint not null,
      created_by text not null,
      primary key (project, kind, name, version)
    )`,
    'create unique index feature_definitions_digest on feature_definitions (project, kind, name, digest)',
    `create table feature_partitions (
      project text not null,
      view text not null,
      view_version bigint not null,
      ordinal bigint not null,
      kind text not null,
      dataset_version bigint,
      digest text not null,
      row_count bigint not null,
      key_count bigint not null,
      bytes bigint not null,
      min_event bigint not null,
      max_event bigint not null,
      max_created bigint not null,
      unique_times bigint not null,
      online bigint not null,
      online_from bigint,
      online_at bigint,
      merged text not null,
      created_at bigint not null,
      primary key (project, view, view_version, ordinal)
    )`,
    'create unique index feature_partitions_dataset on feature_partitions (project, view, view_version, dataset_version)',
  ],
};
