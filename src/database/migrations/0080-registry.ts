import type { Migration } from '../migrate.ts';

/** Versions hang on a model's number, so that renaming a model touches one row. */
export const registry: Migration = {
  number: 80,
  name: 'registry',
  up: (ddl) => [
    `create table registered_models (
      id ${ddl.serial},
      project text not null,
      name text not null,
      description text not null,
      last_version bigint not null,
      is_prompt bigint not null,
      created_at bigint not null,
      updated_at bigint not null,
      unique (project, name)
    )`,
    `create table registered_model_tags (
      model bigint not null references registered_models (id),
      key text not null,
      value text not null,
      primary key (model, key)
    )${ddl.clustered}`,
    `create table model_versions (
      model bigint not null references registered_models (id),
      version bigint not null,
      stage text not null,
      description text not null,
      source text not null,
      storage_uri text not null,
      run_id text not null,
      run_link text not null,
      model_id text not null,
      user_id text not null,
      status text not null,
      manifest text,
      created_at bigint not null,
      updated_at bigint not null,
      primary key (model, version)
    )`,
    'create index model_versions_run on model_versions (run_id)',
    'create index model_versions_logged on model_versions (model_id)',
    `create table model_version_tags (
      model bigint not null,
      version bigint not null,
      key text not null,
      value text not null,
      primary key (model, version, key)
    )${ddl.clustered}`,
    `create table model_aliases (
      model bigint not null references registered_models (id),
      alias text not null,
      version bigint not null,
      primary key (model, alias)
    )${ddl.clustered}`,
  ],
};
