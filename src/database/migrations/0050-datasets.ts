import type { Migration } from '../migrate.ts';

export const datasets: Migration = {
  number: 50,
  name: 'datasets',
  up: () => [
    `create table datasets (
      project text not null,
      name text not null,
      description text not null,
      tags text not null,
      column_tags text not null,
      suite text,
      latest bigint not null,
      created_at bigint not null,
      primary key (project, name)
    )`,
    `create table dataset_versions (
      project text not null,
      dataset text not null,
      version bigint not null,
      digest text not null,
      row_count bigint not null,
      bytes bigint not null,
      manifest text not null,
      profile text not null,
      inputs text not null,
      note text not null,
      tags text not null,
      created_at bigint not null,
      created_by text not null,
      primary key (project, dataset, version)
    )`,
    'create unique index dataset_versions_digest on dataset_versions (project, dataset, digest)',
    `create table dataset_inputs (
      project text not null,
      digest text not null,
      name text not null,
      created_at bigint not null,
      primary key (digest, project, name)
    )`,
    `create table dataset_validations (
      id text primary key,
      project text not null,
      dataset text not null,
      version bigint not null,
      passed bigint not null,
      failed bigint not null,
      warned bigint not null,
      skipped bigint not null,
      report text not null,
      created_at bigint not null
    )`,
    'create index dataset_validations_version on dataset_validations (project, dataset, version, created_at)',
    `create table dataset_sources (
      project text not null,
      name text not null,
      spec text not null,
      created_at bigint not null,
      created_by text not null,
      scanned_at bigint,
      primary key (project, name)
    )`,
    `create table dataset_source_files (
      project text not null,
      source text not null,
      path text not null,
      size bigint not null,
      modified_at bigint not null,
      digest text not null,
      version bigint,
      error text,
      primary key (project, source, path)
    )`,
  ],
};
